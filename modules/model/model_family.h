#pragma once

#include "core/json.h"

#include <span>
#include <string>
#include <vector>

namespace microfiche::model {

// Note [Families]
// The published models that share DeepSeek-OCR's layout differ in one part
// each, and their config.json files differ in a few words. A folder that is
// taken for another family still loads, and reads nonsense or, worse, nearly
// the right text. So a folder must say nothing that contradicts its family, and
// no field may ask for a computation that we do not have.

/// A family of published models.
struct ModelFamily {
  /// What people call it.
  std::string name;

  /// `architectures` of its config.json, one entry.
  std::string architecture;

  /// `model_type`: as published, and as its own classes save it.
  std::vector<std::string> model_types;

  /// `vision_config.model_name`.
  std::string vision_name;

  /// The second stage of the encoder: a key of `vision_config.width`.
  std::string second_stage;

  /// Why we do not run it; empty if we do.
  std::string missing;
};

/// All families that we tell apart. The first is that of a config.json that
/// names none.
std::span<const ModelFamily> model_families();

/// The family of a config.json, told by `architectures`, else by `model_type`,
/// else by the encoder's second stage.
///
/// Throws `InputError`, naming field and value, for an unknown family, for one
/// that we do not run, and for a field that contradicts the family. `where` is
/// the file.
const ModelFamily& find_family(const Json& config, const std::string& where);

/// Throws `InputError`, naming field and value, for a field that asks for a
/// computation that we do not have, at the top level or in a nested object.
/// Sizes are checked elsewhere.
void check_features(const Json& config, const std::string& where);

} // namespace microfiche::model
