#pragma once

#include <memory>
#include <optional>
#include <string>

#include "model/loaded_model.h"
#include "sweep/run/batch_reader.h"
#include "sweep/sweep_config.h"
#include "text_compression/text_compressor_file.h"

namespace microfiche::sweep {

/// Reads pages with a model, which must outlive the reader. With a text
/// compressor it reads the texts of the pages instead (see Note [Text in place
/// of a page]).
std::unique_ptr<BatchReader> make_model_reader(
    model::LoadedModel& loaded,
    std::optional<text_compression::LoadedTextCompressor> text_compressor =
        std::nullopt);

/// Answers the questions of a sweep with the text of each page in place of the
/// page: the ceiling of what the decoder can look up. `loaded` must outlive the
/// reader.
std::unique_ptr<BatchReader> make_text_question_reader(
    model::LoadedModel& loaded);

/// A sentence that says why `SweepConfig::draft` has no effect with this model;
/// nothing if it has one or is empty.
std::optional<std::string> unused_draft_warning(
    const SweepConfig& config,
    const model::LoadedModel& loaded);

} // namespace microfiche::sweep
