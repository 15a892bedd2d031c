#include "checkpoint/safetensors.h"

#include "core/error.h"
#include "core/json.h"

#include <algorithm>
#include <array>
#include <utility>

namespace microfiche::checkpoint {
namespace {

constexpr size_t kHeaderAlignment = 8;

/// The tensors in the order of the file.
std::vector<const TensorView*> layout(const std::vector<TensorView>& tensors) {
  std::vector<const TensorView*> order;
  for (const auto& tensor : tensors) {
    order.push_back(&tensor);
  }
  std::sort(
      order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
        return std::pair(bits_of(b->dtype), std::string_view(a->name)) <
            std::pair(bits_of(a->dtype), std::string_view(b->name));
      });
  return order;
}

void check_tensor(const TensorView& tensor, const std::string& where) {
  check(
      !tensor.name.empty() && tensor.name != "__metadata__" &&
          tensor.name.find('\0') == std::string::npos,
      where,
      ": invalid tensor name \"",
      tensor.name,
      "\"");
  const auto bytes = bytes_of(tensor.dtype, tensor.shape);
  check(
      bytes && *bytes == tensor.bytes.size(),
      where,
      ": tensor \"",
      tensor.name,
      "\" has ",
      tensor.bytes.size(),
      " bytes, which does not match its shape and dtype");
}

/// The length of the header and the header, padded to align the data.
std::string make_header(
    const std::vector<const TensorView*>& order,
    const std::map<std::string, std::string>& metadata,
    const std::string& where) {
  Json::object_t header;
  header.reserve(order.size() + 1);
  if (!metadata.empty()) {
    header.emplace_back("__metadata__", Json(metadata));
  }
  size_t begin = 0;
  for (const auto* tensor : order) {
    const size_t end = begin + tensor->bytes.size();
    // Appended, because inserting by name takes linear time.
    header.emplace_back(
        tensor->name,
        Json{
            {"dtype", name_of(tensor->dtype)},
            {"shape", tensor->shape},
            {"data_offsets", {begin, end}}});
    begin = end;
  }
  std::string text;
  try {
    text = Json(std::move(header)).dump();
  } catch (const Json::exception&) {
    throw InputError(
        concat(where, ": a tensor name or the metadata is not UTF-8"));
  }
  text.resize(
      (text.size() + kHeaderAlignment - 1) & ~(kHeaderAlignment - 1), ' ');

  std::string length;
  for (size_t i = 0; i < sizeof(uint64_t); ++i) {
    length += static_cast<char>(uint64_t{text.size()} >> (8 * i));
  }
  return length + text;
}

} // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : path_(path),
      file_(path),
      header_(parse_safetensors_header(file_.bytes(), path.string())) {
  index_.reserve(header_.tensors.size());
  for (size_t i = 0; i < header_.tensors.size(); ++i) {
    index_.emplace(header_.tensors[i].name, i);
  }
}

const TensorInfo* SafetensorsFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &header_.tensors[found->second];
}

std::span<const std::byte> SafetensorsFile::bytes(
    const TensorInfo& tensor) const {
  return file_.bytes().subspan(
      header_.data_begin + tensor.begin, tensor.end - tensor.begin);
}

std::string SafetensorsFile::sha256() const {
  return sha256_of_file(path_);
}

void write_safetensors(
    const std::filesystem::path& path,
    const std::vector<TensorView>& tensors,
    const std::map<std::string, std::string>& metadata) {
  const auto order = layout(tensors);
  std::vector<std::string_view> names;
  for (const auto* tensor : order) {
    check_tensor(*tensor, path.string());
    names.push_back(tensor->name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  check(
      twice == names.end(),
      path.string(),
      ": two tensors are called \"",
      twice == names.end() ? "" : *twice,
      "\"");

  const std::string header = make_header(order, metadata, path.string());
  write_file(path, [&](const ByteSink& sink) {
    sink(std::as_bytes(std::span(header.data(), header.size())));
    for (const auto* tensor : order) {
      sink(tensor->bytes);
    }
  });
}

} // namespace microfiche::checkpoint
