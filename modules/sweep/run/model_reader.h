#pragma once

#include <memory>
#include <optional>

#include "model/loaded_model.h"
#include "sweep/run/batch_reader.h"
#include "text_compression/text_compressor_file.h"

namespace microfiche::sweep {

/// Reads pages with a model, which must outlive the reader. With a text
/// compressor it reads the texts of the pages instead (see Note [Text in place
/// of a page]).
std::unique_ptr<BatchReader> make_model_reader(
    model::LoadedModel& loaded,
    std::optional<text_compression::LoadedTextCompressor> text_compressor =
        std::nullopt);

} // namespace microfiche::sweep
