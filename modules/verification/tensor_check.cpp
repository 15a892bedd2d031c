#include "verification/tensor_check.h"

#include "core/error.h"
#include "core/mapped_pages.h"
#include "core/stop_signal.h"
#include "core/terminal.h"
#include "model/checkpoint_names.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <span>
#include <utility>

namespace microfiche::verification {
namespace {

using checkpoint::Checkpoint;
using checkpoint::Dtype;
using checkpoint::shape_text;

constexpr size_t kListed = 3;
constexpr const char* kUnusedTensor =
    "model.vision_model.embeddings.patch_embedding.weight";

/// Differences of one kind; keeps the first few and counts all.
class DifferenceList {
 public:
  void add(std::string line) {
    if (lines_.size() < kListed) {
      lines_.push_back(std::move(line));
    }
    ++count_;
  }

  void append_to(std::vector<std::string>& lines, const char* kind) {
    if (count_ > lines_.size()) {
      lines_.push_back(concat(
          "and ", count_ - lines_.size(), " more tensors that are ", kind));
    }
    lines.insert(lines.end(), lines_.begin(), lines_.end());
  }

 private:
  std::vector<std::string> lines_;
  size_t count_ = 0;
};

/// What the numbers of a tensor have.
struct NumberFacts {
  bool has_non_finite = false;
  bool is_zero = true;
};

/// `exponent` has the bits that are all set in NaN and infinities, `magnitude`
/// all bits but the sign.
template <typename Word>
NumberFacts
scan(std::span<const std::byte> bytes, Word exponent, Word magnitude) {
  // Tensors need not be aligned in their file.
  constexpr size_t kWords = 1 << 14;
  std::vector<Word> words(kWords);
  NumberFacts facts;
  while (!bytes.empty()) {
    const auto piece =
        bytes.first(std::min(bytes.size(), kWords * sizeof(Word)));
    const size_t count = piece.size() / sizeof(Word);
    std::memcpy(words.data(), piece.data(), piece.size());
    Word any = 0;
    Word non_finite = 0;
    for (size_t i = 0; i < count; ++i) {
      any |= words[i] & magnitude;
      non_finite |= (words[i] & exponent) == exponent ? 1 : 0;
    }
    facts.is_zero = facts.is_zero && any == 0;
    facts.has_non_finite = facts.has_non_finite || non_finite != 0;
    bytes = bytes.subspan(piece.size());
  }
  return facts;
}

/// Numbers of other types cannot be infinite, and are not published.
NumberFacts scan(const checkpoint::CheckpointTensor& tensor) {
  switch (tensor.info.dtype) {
    case Dtype::kBF16:
      return scan<uint16_t>(tensor.bytes, 0x7f80, 0x7fff);
    case Dtype::kF16:
      return scan<uint16_t>(tensor.bytes, 0x7c00, 0x7fff);
    case Dtype::kF32:
      return scan<uint32_t>(tensor.bytes, 0x7f800000, 0x7fffffff);
    default:
      return {false, false};
  }
}

} // namespace

TensorCheck check_tensors(
    const Checkpoint& checkpoint,
    const std::vector<PublishedTensor>& published) {
  DifferenceList missing;
  DifferenceList unknown;
  DifferenceList shapes;
  DifferenceList dtypes;
  std::map<std::string_view, const PublishedTensor*> expected;
  for (const auto& tensor : published) {
    expected.emplace(tensor.name, &tensor);
    if (!checkpoint.find(tensor.name)) {
      missing.add(concat(
          "tensor ",
          tensor.name,
          ": missing, published with shape ",
          shape_text(tensor.shape)));
    }
  }

  TensorCheck result;
  for (const auto& name : checkpoint.names()) {
    if (model::is_ignored_tensor(name)) {
      continue;
    }
    const auto tensor = *checkpoint.find(name);
    ++result.tensors;
    result.parameters += tensor.info.numel();
    result.bytes += static_cast<int64_t>(tensor.bytes.size());
    const auto found = expected.find(name);
    if (found == expected.end()) {
      unknown.add(concat(
          "tensor ",
          name,
          ": not published, has shape ",
          shape_text(tensor.info.shape)));
      continue;
    }
    if (tensor.info.shape != found->second->shape) {
      shapes.add(concat(
          "tensor ",
          name,
          ": shape ",
          shape_text(tensor.info.shape),
          ", published ",
          shape_text(found->second->shape)));
    } else if (tensor.info.dtype != Dtype::kBF16) {
      dtypes.add(concat(
          "tensor ",
          name,
          ": dtype ",
          checkpoint::name_of(tensor.info.dtype),
          ", published BF16; the file was saved again"));
    }
  }
  missing.append_to(result.differences, "missing");
  unknown.append_to(result.differences, "not published");
  shapes.append_to(result.differences, "of another shape");
  dtypes.append_to(result.differences, "of another dtype");
  return result;
}

NumberCheck check_numbers(const Checkpoint& checkpoint) {
  const auto names = checkpoint.names();
  Progress progress(
      "checking weights", static_cast<int64_t>(names.size()), "tensor");
  DifferenceList non_finite;
  DifferenceList zeros;
  int64_t done = 0;
  for (const auto& name : names) {
    throw_if_stop_requested();
    const auto tensor = *checkpoint.find(name);
    const auto facts = scan(tensor);
    if (facts.has_non_finite && name != kUnusedTensor) {
      non_finite.add(concat("tensor ", name, ": has a NaN or an infinity"));
    }
    if (facts.is_zero && tensor.info.shape.size() > 1) {
      zeros.add(concat("tensor ", name, ": all numbers are zero"));
    }
    release_pages(tensor.bytes);
    progress.update(++done);
  }
  progress.finish();
  NumberCheck result;
  non_finite.append_to(result.differences, "not finite");
  zeros.append_to(result.warnings, "zero");
  return result;
}

} // namespace microfiche::verification
