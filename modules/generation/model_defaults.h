#pragma once

#include "generation/config/generation_config.h"
#include "model/loaded_model.h"

namespace microfiche::generation {

/// What `read` and the server use where the user says nothing: the family's
/// limit of ids and its rule against repetition, with `together` that for
/// several pages in one prompt. Experiments use only what their config says.
///
/// Source: modeling_unlimitedocr.py (baidu/Unlimited-OCR), the arguments of
/// `infer` and `infer_multi` in its README; DeepSeek-OCR has no rule by
/// default.
GenerationConfig family_defaults(
    const model::ModelFamily& family,
    bool together);

/// The config with what belongs to the model: whether a window covers the
/// prompt, and, if the config names no exceptions, that the marks of a table's
/// cells may repeat inside a window that does not.
///
/// Source: run_dpsk_ocr_image.py (deepseek-ai/DeepSeek-OCR),
/// `whitelist_token_ids`.
GenerationConfig for_model(
    GenerationConfig config,
    const model::LoadedModel& loaded);

} // namespace microfiche::generation
