#include "checkpoint/safetensors_header.h"

#include "core/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <string_view>
#include <tuple>
#include <utility>

namespace microfiche::checkpoint {
namespace {

constexpr uint64_t kLongestHeader = 100'000'000;
constexpr size_t kMostDimensions = 64;

/// A hundred times those of the published model: a header within its limit
/// could describe millions, each taking more memory than its text.
constexpr size_t kMostTensors = size_t{1} << 18;
constexpr size_t kLengthBytes = 8;

uint64_t read_length(std::span<const std::byte> file) {
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= std::to_integer<uint64_t>(file[i]) << (8 * i);
  }
  return length;
}

/// How messages name a tensor; spelled out only when there is one to write.
struct TensorPlace {
  const std::string& where;
  const std::string& name;
};

std::ostream& operator<<(std::ostream& stream, const TensorPlace& place) {
  return stream << place.where << ": tensor \"" << place.name << "\"";
}

/// Takes the header's JSON as it is parsed, and lets nothing through that does
/// not belong at its place, so that nothing deep or large is ever built.
class HeaderHandler {
 public:
  HeaderHandler(SafetensorsHeader& header, const std::string& where)
      : header_(header), where_(where) {}

  bool start_object(size_t) {
    if (place_ == Place::kStart) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop && key_ == "__metadata__") {
      check(!has_metadata_, where_, ": __metadata__ is given twice");
      has_metadata_ = true;
      place_ = Place::kMetadata;
    } else if (place_ == Place::kTop) {
      begin_tensor();
      place_ = Place::kTensor;
    } else {
      unexpected("an object");
    }
    return true;
  }

  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }

  bool end_object() {
    if (place_ == Place::kTensor) {
      check(has_dtype_, tensor(), " has no dtype");
      check(has_shape_, tensor(), " has no shape");
      check(
          offsets_.size() == 2,
          tensor(),
          " has no data_offsets of two numbers");
      header_.tensors.back().begin = offsets_[0];
      header_.tensors.back().end = offsets_[1];
    }
    place_ = place_ == Place::kTop ? Place::kEnd : Place::kTop;
    return true;
  }

  bool start_array(size_t) {
    if (place_ == Place::kTensor && key_ == "shape") {
      check(!has_shape_, tensor(), " has two shapes");
      has_shape_ = true;
      place_ = Place::kShape;
    } else if (place_ == Place::kTensor && key_ == "data_offsets") {
      check(!has_offsets_, tensor(), " has data_offsets twice");
      has_offsets_ = true;
      place_ = Place::kOffsets;
    } else {
      unexpected("a list");
    }
    return true;
  }

  bool end_array() {
    place_ = Place::kTensor;
    return true;
  }

  bool string(std::string& value) {
    if (place_ == Place::kMetadata) {
      const bool fresh =
          header_.metadata.emplace(key_, std::move(value)).second;
      check(fresh, where_, ": metadata \"", key_, "\" is given twice");
    } else if (place_ == Place::kTensor && key_ == "dtype") {
      check(!has_dtype_, tensor(), " has two dtypes");
      has_dtype_ = true;
      const auto dtype = dtype_of(value);
      check(dtype.has_value(), tensor(), " has unknown dtype \"", value, "\"");
      header_.tensors.back().dtype = *dtype;
    } else {
      unexpected("a string");
    }
    return true;
  }

  bool number_unsigned(uint64_t value) {
    if (place_ == Place::kShape) {
      auto& shape = header_.tensors.back().shape;
      check(
          std::in_range<int64_t>(value),
          tensor(),
          " has a dimension of ",
          value,
          ", above 2^63-1");
      check(
          shape.size() < kMostDimensions,
          tensor(),
          " has more than ",
          kMostDimensions,
          " dimensions");
      shape.push_back(static_cast<int64_t>(value));
    } else if (place_ == Place::kOffsets) {
      check(offsets_.size() < 2, tensor(), " has more than two data_offsets");
      offsets_.push_back(value);
    } else {
      unexpected("a number");
    }
    return true;
  }

  bool number_integer(int64_t value) {
    return refuse_number(std::to_string(value));
  }

  bool number_float(double, const std::string& text) {
    return refuse_number(text);
  }

  bool null() {
    unexpected("null");
  }

  bool boolean(bool) {
    unexpected("true or false");
  }

  // Only binary formats call it.
  bool binary(std::vector<uint8_t>&) {
    unexpected("binary data");
  }

  bool parse_error(
      size_t position,
      const std::string& near,
      const nlohmann::detail::exception&) {
    throw InputError(concat(
        where_,
        ": the header is not JSON at byte ",
        kLengthBytes + position,
        near.empty() ? "" : ", near \"" + near.substr(0, 40) + "\""));
  }

 private:
  enum class Place {
    kStart,
    kTop,
    kMetadata,
    kTensor,
    kShape,
    kOffsets,
    kEnd,
  };

  void begin_tensor() {
    check(!key_.empty(), where_, ": a tensor has an empty name");
    check(
        key_.find('\0') == std::string::npos,
        where_,
        ": a tensor's name has a NUL in it");
    check(
        header_.tensors.size() < kMostTensors,
        where_,
        ": describes more than ",
        kMostTensors,
        " tensors");
    header_.tensors.emplace_back().name = std::move(key_);
    offsets_.clear();
    has_dtype_ = has_shape_ = has_offsets_ = false;
  }

  TensorPlace tensor() const {
    return {where_, header_.tensors.back().name};
  }

  bool refuse_number(const std::string& text) {
    if (place_ != Place::kShape && place_ != Place::kOffsets) {
      unexpected("a number");
    }
    throw InputError(concat(
        tensor(),
        place_ == Place::kShape ? " has a dimension of " : " has an offset of ",
        text,
        ", expected a whole number from 0 on"));
  }

  [[noreturn]] void unexpected(const char* what) const {
    switch (place_) {
      case Place::kMetadata:
        throw InputError(concat(
            where_, ": metadata \"", key_, "\" must be a string, got ", what));
      case Place::kTensor:
        throw InputError(
            concat(tensor(), ": no use for ", what, " in \"", key_, "\""));
      case Place::kShape:
      case Place::kOffsets:
        throw InputError(
            concat(tensor(), ": expected numbers in its lists, got ", what));
      case Place::kTop:
        throw InputError(concat(
            where_, ": \"", key_, "\" must describe a tensor, got ", what));
      default:
        throw InputError(
            concat(where_, ": the header must be an object, got ", what));
    }
  }

  SafetensorsHeader& header_;
  const std::string& where_;
  Place place_ = Place::kStart;
  std::string key_;
  std::vector<uint64_t> offsets_;
  bool has_metadata_ = false;
  bool has_dtype_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
};

void parse_json_header(
    std::string_view json,
    SafetensorsHeader& header,
    const std::string& where) {
  // The parser skips a byte order mark and takes a NUL for the end.
  check(
      !json.starts_with("\xef\xbb\xbf"),
      where,
      ": the header begins with a byte order mark");
  check(
      json.find('\0') == std::string_view::npos,
      where,
      ": the header has a NUL in it");
  HeaderHandler handler(header, where);
  nlohmann::json::sax_parse(json, &handler);
}

void check_names(const SafetensorsHeader& header, const std::string& where) {
  std::vector<std::string_view> names;
  names.reserve(header.tensors.size());
  for (const auto& tensor : header.tensors) {
    names.push_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    throw InputError(concat(where, ": tensor \"", *twice, "\" is given twice"));
  }
}

/// Whether the tensors, in the order of their data, fill the file exactly.
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
      fail("begins at ", tensor.begin, " and ends before, at ", tensor.end);
    }
    const auto bytes = bytes_of(tensor.dtype, tensor.shape);
    if (!bytes) {
      fail("has a shape whose size in bytes is no number");
    }
    if (*bytes != tensor.end - tensor.begin) {
      fail(
          "has ",
          tensor.end - tensor.begin,
          " bytes, but its shape and dtype make ",
          *bytes);
    }
    if (tensor.begin < expected_begin) {
      fail("overlaps the one before it");
    }
    if (tensor.begin > expected_begin) {
      fail("leaves ", tensor.begin - expected_begin, " bytes unused before it");
    }
    if (tensor.end > data_size) {
      // No overflow: the tensors before are in the file, and this one's size
      // in bits fits 64 bits.
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
      " bytes are no safetensors file; incomplete download?");
  const uint64_t length = read_length(file);
  check(
      length <= kLongestHeader,
      where,
      ": claims a header of ",
      length,
      " bytes, more than the format's limit of ",
      kLongestHeader,
      "; not a safetensors file?");
  check(
      length <= file.size() - kLengthBytes,
      where,
      ": claims a header of ",
      length,
      " bytes but the file has ",
      file.size(),
      "; incomplete download?");

  SafetensorsHeader header;
  header.data_begin = kLengthBytes + static_cast<size_t>(length);
  parse_json_header(
      {reinterpret_cast<const char*>(file.data()) + kLengthBytes,
       static_cast<size_t>(length)},
      header,
      where);
  check_names(header, where);
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
