#include "checkpoint/safetensors_header.h"

#include "core/error.h"
#include "core/git_lfs.h"
#include "core/json.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>

namespace microfiche::checkpoint {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kMaxDimensions = 64;

/// 48 times as many as in the published model.
constexpr size_t kMaxTensors = size_t{1} << 17;

// A tensor has at least seven values. The text of a header, up to 100 MB, is in
// memory beside them.
constexpr size_t kMaxHeaderValues = 1'000'000;
constexpr size_t kLengthBytes = 8;

uint64_t read_length(std::span<const std::byte> file) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= std::to_integer<uint64_t>(file[i]) << (8 * i);
  }
  return length;
}

std::vector<int64_t> read_shape(const Json& list, const std::string& where) {
  check(list.is_array(), where, ": no shape");
  check(
      list.size() <= kMaxDimensions,
      where,
      ": more than ",
      kMaxDimensions,
      " dimensions");
  std::vector<int64_t> shape;
  for (const auto& size : list) {
    check(
        size.is_number_unsigned() &&
            std::in_range<int64_t>(size.get<uint64_t>()),
        where,
        ": expected dimensions from 0 to 2^63-1, got ",
        size.dump());
    shape.push_back(size.get<int64_t>());
  }
  return shape;
}

/// Reads `[begin, end]`.
void read_offsets(
    const Json& list,
    TensorInfo& tensor,
    const std::string& where) {
  check(
      list.is_array() && list.size() == 2,
      where,
      ": data_offsets must be two numbers");
  for (const auto& offset : list) {
    check(
        offset.is_number_unsigned(),
        where,
        ": data_offsets must be whole numbers from 0, got ",
        offset.dump());
  }
  tensor.begin = list[0].get<size_t>();
  tensor.end = list[1].get<size_t>();
}

TensorInfo read_tensor(
    const std::string& name,
    const Json& entry,
    const std::string& file) {
  check(!name.empty(), file, ": a tensor has an empty name");
  check(
      name.find('\0') == std::string::npos,
      file,
      ": the name of a tensor contains a NUL");
  const std::string where = concat(file, ": tensor \"", name, "\"");
  check(
      entry.is_object(),
      where,
      ": expected an object, got ",
      entry.type_name());
  TensorInfo tensor;
  tensor.name = name;
  Json dtype;
  Json shape;
  Json offsets;
  for (const auto& [field, value] : entry.items()) {
    Json* target = field == "dtype" ? &dtype
        : field == "shape"          ? &shape
        : field == "data_offsets"   ? &offsets
                                    : nullptr;
    check(target != nullptr, where, ": unknown field \"", field, "\"");
    *target = value;
  }
  check(dtype.is_string(), where, ": no dtype");
  const auto known = dtype_of(dtype.get_ref<const std::string&>());
  check(known.has_value(), where, ": unknown dtype ", dtype.dump());
  tensor.dtype = *known;
  tensor.shape = read_shape(shape, where);
  read_offsets(offsets, tensor, where);
  return tensor;
}

void read_metadata(
    const Json& entries,
    SafetensorsHeader& header,
    const std::string& where) {
  check(
      entries.is_object(),
      where,
      ": __metadata__ must be an object, got ",
      entries.type_name());
  for (const auto& [name, value] : entries.items()) {
    check(
        value.is_string(),
        where,
        ": metadata \"",
        name,
        "\" must be a string, got ",
        value.type_name());
    header.metadata.emplace(name, value.get<std::string>());
  }
}

void parse_json_header(
    std::string_view text,
    SafetensorsHeader& header,
    const std::string& where) {
  // The parser skips a byte order mark and reads a NUL as the end.
  check(
      !text.starts_with("\xef\xbb\xbf"),
      where,
      ": the header begins with a byte order mark");
  check(
      text.find('\0') == std::string_view::npos,
      where,
      ": the header contains a NUL");
  const Json json = parse_json(text, where + ": header", kMaxHeaderValues);
  check(
      json.is_object(),
      where,
      ": the header must be an object, got ",
      json.type_name());
  check(
      json.size() <= kMaxTensors,
      where,
      ": describes more than ",
      kMaxTensors,
      " tensors");
  for (const auto& [name, entry] : json.items()) {
    if (name == "__metadata__") {
      read_metadata(entry, header, where);
    } else {
      header.tensors.push_back(read_tensor(name, entry, where));
    }
  }
}

/// Checks that the tensors, in the order of their data, fill the file exactly.
void check_extents(
    const SafetensorsHeader& header,
    size_t file_size,
    const std::string& where) {
  const size_t data_size = file_size - header.data_begin;
  size_t expected_begin = 0;
  for (const auto& tensor : header.tensors) {
    const auto fail = [&](const auto&... parts) {
      throw InputError(
          concat(where, ": tensor \"", tensor.name, "\" ", parts...));
    };
    if (tensor.begin > tensor.end) {
      fail("begins at byte ", tensor.begin, " and ends at ", tensor.end);
    }
    const auto bytes = bytes_of(tensor.dtype, tensor.shape);
    if (!bytes) {
      fail("has a shape without a valid size in bytes");
    }
    if (*bytes != tensor.end - tensor.begin) {
      fail(
          "has ",
          tensor.end - tensor.begin,
          " bytes, but its shape and dtype need ",
          *bytes);
    }
    if (tensor.begin < expected_begin) {
      fail("overlaps the tensor before it");
    }
    if (tensor.begin > expected_begin) {
      fail("leaves ", tensor.begin - expected_begin, " bytes unused before it");
    }
    if (tensor.end > data_size) {
      // No overflow: earlier tensors are inside the file, and the size of this
      // one fits in 64 bits.
      fail(
          "ends at byte ",
          header.data_begin + tensor.end,
          " but the file has ",
          file_size,
          "; incomplete download?");
    }
    expected_begin = tensor.end;
  }
  check(
      expected_begin == data_size,
      where,
      ": ",
      data_size - expected_begin,
      " bytes follow the last tensor");
}

} // namespace

int64_t TensorInfo::numel() const {
  int64_t count = 1;
  for (const int64_t size : shape) {
    count *= size;
  }
  return count;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) {
    text += concat(text.empty() ? "" : ", ", size);
  }
  return concat("[", text, "]");
}

std::optional<uint64_t> bytes_of(
    Dtype dtype,
    const std::vector<int64_t>& shape) {
  uint64_t bits = bits_of(dtype);
  bool empty = false;
  for (const int64_t size : shape) {
    if (size == 0) {
      empty = true;
    } else if (
        size < 0 ||
        __builtin_mul_overflow(bits, static_cast<uint64_t>(size), &bits)) {
      return std::nullopt;
    }
  }
  if (empty) {
    return 0;
  }
  return bits % 8 == 0 ? std::optional(bits / 8) : std::nullopt;
}

SafetensorsHeader parse_safetensors_header(
    std::span<const std::byte> file,
    const std::string& where) {
  check(
      file.size() >= kLengthBytes,
      where,
      ": ",
      file.size(),
      " bytes are not a safetensors file; incomplete download?");
  refuse_git_lfs_pointer(
      {reinterpret_cast<const char*>(file.data()), file.size()}, where);
  const uint64_t length = read_length(file);
  check(
      length <= kMaxHeaderBytes,
      where,
      ": says that its header has ",
      length,
      " bytes, above the format's limit of ",
      kMaxHeaderBytes,
      "; not a safetensors file?");
  check(
      length <= file.size() - kLengthBytes,
      where,
      ": says that its header has ",
      length,
      " bytes, but the file has ",
      file.size(),
      "; incomplete download?");

  SafetensorsHeader header;
  header.data_begin = kLengthBytes + static_cast<size_t>(length);
  parse_json_header(
      {reinterpret_cast<const char*>(file.data()) + kLengthBytes,
       static_cast<size_t>(length)},
      header,
      where);
  std::sort(
      header.tensors.begin(),
      header.tensors.end(),
      [](const TensorInfo& a, const TensorInfo& b) {
        return std::tie(a.begin, a.end, a.name) <
            std::tie(b.begin, b.end, b.name);
      });
  check_extents(header, file.size(), where);
  return header;
}

} // namespace microfiche::checkpoint
