#pragma once

#include "sweep/page_reader.h"
#include "model/loaded_model.h"
#include "text_compression/text_compressor_file.h"

#include <optional>

namespace microfiche::sweep {

/// Reads pages with a model, which must outlive the reader; with a text
/// compressor, the texts of the pages (see Note [Text in the place of a page]).
PageReader make_model_reader(
    model::LoadedModel& loaded,
    std::optional<text_compression::LoadedTextCompressor> text_compressor =
        std::nullopt);

} // namespace microfiche::sweep
