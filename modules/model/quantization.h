#pragma once

#include "core/json.h"

#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace microfiche::model {

/// How the weight of a linear layer is stored.
enum class WeightFormat { kFloat, kInt8, kInt4 };

/// "int8", "int4" or "float".
std::string format_name(WeightFormat format);

struct LayerFormat {
  WeightFormat format = WeightFormat::kFloat;

  /// Inputs per group; only for int4.
  int64_t group_size = 0;

  /// Groups have zero points; only for int4.
  bool zero_points = false;
};

// Note [Quantized folders]
// `quantization_config` of config.json says which linear layers are quantized,
// in the fields of the package compressed-tensors. A target or an ignored entry
// is the published name of a layer, "re:" and a regular expression that matches
// from the beginning of the name, or "Linear" for all. Names go before
// expressions, and these before "Linear". Int8 layers have `weight` (out, in)
// I8 and `weight_scale` (out, 1). Int4 layers have `weight_packed` (out, in /
// 8) I32, `weight_scale` (out, in / group_size), `weight_shape` I64 with out
// and in, and with zero points `weight_zero_point` (ceil(out / 8), in /
// group_size) I32, whose words hold eight neighbouring channels.

/// A name or an expression that selects layers.
class LayerPattern {
 public:
  /// Throws `InputError` for an invalid expression.
  LayerPattern(const std::string& text, const std::string& where);

  /// 0: no match, 1: as "Linear", 2: by an expression, 3: by name.
  int match(const std::string& layer) const;

  const std::string& text() const {
    return text_;
  }

 private:
  std::string text_;
  std::optional<std::regex> expression_;
};

/// Which linear layers of a model are quantized; see Note [Quantized folders].
struct Quantization {
  struct Group {
    std::vector<LayerPattern> targets;
    LayerFormat format;
  };

  std::vector<Group> groups;
  std::vector<LayerPattern> ignore;

  /// int4 if any group is, else int8 if any is, else float.
  WeightFormat format() const;

  /// The format of a linear layer, by its published name without ".weight".
  LayerFormat of(const std::string& layer) const;
};

/// Reads `quantization_config`; null means no quantization. Throws
/// `InputError`, naming the field, for anything but weights of int8 with one
/// scale per channel, and of int4 with groups of 32, 64 or 128 inputs. `where`
/// names the object.
Quantization read_quantization(const Json& json, const std::string& where);

/// The object that `read_quantization` reads; null without groups.
Json write_quantization(const Quantization& quantization);

/// All linear layers in int8.
Quantization int8_quantization();

} // namespace microfiche::model
