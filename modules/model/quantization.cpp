#include "model/quantization.h"

#include "core/error.h"
#include "kernels/int4.h"

#include <algorithm>

namespace microfiche::model {
namespace {

constexpr const char* kMethod = "compressed-tensors";
constexpr const char* kPacked = "pack-quantized";
constexpr const char* kNaive = "naive-quantized";
constexpr const char* kMixed = "mixed-precision";
constexpr const char* kAllLinear = "Linear";

bool is_empty(const Json& value) {
  return value.is_null() || value == false ||
      ((value.is_array() || value.is_object()) && value.empty());
}

/// Refuses a field with content, which would change the weights' meaning.
void check_unused(
    const Json& object,
    const std::vector<std::string>& known,
    const std::string& where) {
  for (const auto& [name, value] : object.items()) {
    const bool is_known =
        std::find(known.begin(), known.end(), name) != known.end();
    check(
        is_known || is_empty(value),
        where,
        ": ",
        name,
        ": not supported, got ",
        value.dump(),
        "; only weights of int8 per channel and int4 in groups are, as "
        "`microfiche quantize` writes them");
  }
}

template <typename Expected>
void check_field(
    const Json& object,
    const char* name,
    const Expected& expected,
    const std::string& where) {
  const Json value = object.value(name, Json());
  check(
      value == expected,
      where,
      ": ",
      name,
      ": expected ",
      Json(expected).dump(),
      ", got ",
      value.dump());
}

const Json&
find_part(const Json& object, const char* name, const std::string& where) {
  check(
      object.contains(name) && object.at(name).is_object(),
      where,
      ": ",
      name,
      ": expected an object, got ",
      object.value(name, Json()).dump());
  return object.at(name);
}

std::vector<LayerPattern> read_patterns(
    const Json& json,
    const std::string& where) {
  std::vector<LayerPattern> patterns;
  if (json.is_null()) {
    return patterns;
  }
  check(json.is_array(), where, ": expected a list, got ", json.dump());
  for (const auto& text : json) {
    check(text.is_string(), where, ": expected names, got ", text.dump());
    patterns.emplace_back(text.get<std::string>(), where);
  }
  return patterns;
}

LayerFormat read_format(const Json& weights, const std::string& where) {
  check_unused(
      weights,
      {"num_bits",
       "type",
       "symmetric",
       "strategy",
       "group_size",
       "actorder",
       // Of how the weights were rounded, not of what they mean.
       "observer",
       "observer_kwargs",
       "scale_dtype",
       "zp_dtype"},
      where);
  const Json bits = weights.value("num_bits", Json());
  check(
      bits == 4 || bits == 8,
      where,
      ": num_bits: expected 4 or 8, got ",
      bits.dump());
  check_field(weights, "type", "int", where);
  const Json symmetric = weights.value("symmetric", Json(true));
  check(
      symmetric.is_boolean(),
      where,
      ": symmetric: expected true or false, got ",
      symmetric.dump());
  // "weight" and "static" order the columns only while rounding.
  const Json order = weights.value("actorder", Json());
  check(
      is_empty(order) || order == "weight" || order == "static",
      where,
      ": actorder: columns in another order (weight_g_idx) are not supported, "
      "got ",
      order.dump());
  LayerFormat format;
  const Json group = weights.value("group_size", Json());
  if (bits == 8) {
    check_field(weights, "strategy", "channel", where);
    check_field(weights, "symmetric", true, where);
    check(
        group.is_null() || group == -1,
        where,
        ": group_size: expected none for 8 bits, got ",
        group.dump());
    format.format = WeightFormat::kInt8;
    return format;
  }
  check_field(weights, "strategy", "group", where);
  check(
      group.is_number_integer() && kernels::is_int4_group(group.get<int64_t>()),
      where,
      ": group_size: expected 32, 64 or 128, got ",
      group.dump());
  format.format = WeightFormat::kInt4;
  format.group_size = group.get<int64_t>();
  format.zero_points = !symmetric.get<bool>();
  return format;
}

/// Checks how the package stores such weights.
void check_storage(
    const Json& storage,
    WeightFormat format,
    const std::string& where) {
  const bool fits = format == WeightFormat::kInt4
      ? storage == kPacked
      : storage == kNaive || storage == "int-quantized";
  check(
      fits,
      where,
      ": format: expected \"",
      format == WeightFormat::kInt4 ? kPacked : kNaive,
      "\" for ",
      format_name(format),
      ", got ",
      storage.dump());
}

Json write_group(const Quantization::Group& group, bool with_storage) {
  const bool is_int4 = group.format.format == WeightFormat::kInt4;
  Json targets = Json::array();
  for (const auto& target : group.targets) {
    targets.push_back(target.text());
  }
  Json json = {
      {"targets", targets},
      {"weights",
       {{"num_bits", is_int4 ? 4 : 8},
        {"type", "int"},
        {"symmetric", !group.format.zero_points},
        {"strategy", is_int4 ? "group" : "channel"}}}};
  if (is_int4) {
    json["weights"]["group_size"] = group.format.group_size;
  }
  if (with_storage) {
    json["format"] = is_int4 ? kPacked : kNaive;
  }
  return json;
}

} // namespace

std::string format_name(WeightFormat format) {
  return format == WeightFormat::kInt4 ? "int4"
      : format == WeightFormat::kInt8  ? "int8"
                                       : "float";
}

LayerPattern::LayerPattern(const std::string& text, const std::string& where)
    : text_(text) {
  if (!text.starts_with("re:")) {
    return;
  }
  try {
    expression_.emplace(text.substr(3), std::regex::optimize);
  } catch (const std::regex_error& error) {
    throw InputError(
        concat(where, ": \"", text, "\": invalid expression: ", error.what()));
  }
}

int LayerPattern::match(const std::string& layer) const {
  if (expression_) {
    return std::regex_search(
               layer, *expression_, std::regex_constants::match_continuous)
        ? 2
        : 0;
  }
  return text_ == layer ? 3 : text_ == kAllLinear ? 1 : 0;
}

WeightFormat Quantization::format() const {
  auto found = WeightFormat::kFloat;
  for (const auto& group : groups) {
    found = std::max(found, group.format.format);
  }
  return found;
}

LayerFormat Quantization::of(const std::string& layer) const {
  for (const auto& pattern : ignore) {
    if (pattern.match(layer) > 0) {
      return {};
    }
  }
  LayerFormat found;
  int best = 0;
  for (const auto& group : groups) {
    for (const auto& target : group.targets) {
      const int match = target.match(layer);
      if (match > best) {
        best = match;
        found = group.format;
      }
    }
  }
  return found;
}

Quantization read_quantization(const Json& json, const std::string& where) {
  Quantization quantization;
  if (json.is_null()) {
    return quantization;
  }
  check(json.is_object(), where, ": expected an object, got ", json.dump());
  check_field(json, "quant_method", kMethod, where);
  check_unused(
      json,
      {"quant_method",
       "format",
       "config_groups",
       "ignore",
       "quantization_status",
       "global_compression_ratio",
       "version"},
      where);
  const Json status = json.value("quantization_status", Json());
  check(
      status.is_null() || status == "compressed",
      where,
      ": quantization_status: expected \"compressed\", got ",
      status.dump());
  const Json storage = json.value("format", Json());
  for (const auto& [name, group] :
       find_part(json, "config_groups", where).items()) {
    const std::string group_where = where + ": config_groups: " + name;
    check(
        group.is_object(),
        group_where,
        ": expected an object, got ",
        group.dump());
    check_unused(group, {"targets", "weights", "format"}, group_where);
    Quantization::Group read;
    read.targets = read_patterns(
        group.value("targets", Json()), group_where + ": targets");
    read.format = read_format(
        find_part(group, "weights", group_where), group_where + ": weights");
    const Json own = group.value("format", Json());
    check_storage(
        own.is_null() ? storage : own,
        read.format.format,
        own.is_null() ? where : group_where);
    quantization.groups.push_back(std::move(read));
  }
  check(
      !quantization.groups.empty(),
      where,
      ": config_groups: expected at least one group");
  quantization.ignore =
      read_patterns(json.value("ignore", Json()), where + ": ignore");
  return quantization;
}

Json write_quantization(const Quantization& quantization) {
  const auto& groups = quantization.groups;
  if (groups.empty()) {
    return {};
  }
  const auto first = groups.front().format.format;
  const bool is_mixed =
      std::any_of(groups.begin(), groups.end(), [&](const auto& group) {
        return group.format.format != first;
      });
  Json json = {
      {"quant_method", kMethod},
      {"format",
       is_mixed                           ? kMixed
           : first == WeightFormat::kInt4 ? kPacked
                                          : kNaive},
      {"config_groups", Json::object()}};
  for (size_t i = 0; i < groups.size(); ++i) {
    json["config_groups"]["group_" + std::to_string(i)] =
        write_group(groups[i], /*with_storage=*/is_mixed);
  }
  if (quantization.format() == WeightFormat::kInt4) {
    json["quantization_status"] = "compressed";
  }
  for (const auto& pattern : quantization.ignore) {
    json["ignore"].push_back(pattern.text());
  }
  return json;
}

Quantization int8_quantization() {
  LayerFormat format;
  format.format = WeightFormat::kInt8;
  return {{{{LayerPattern(kAllLinear, "")}, format}}, {}};
}

} // namespace microfiche::model
