#pragma once

#include "model/loaded_model.h"
#include "page/page_views.h"
#include "page/resolution_mode.h"

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace microfiche::reading {

/// What is traced.
struct TraceConfig {
  /// With `<image>`; empty for the model's own.
  std::string prompt;

  /// All pages in one prompt, see Note [Pages together].
  bool together = false;

  /// Ids to generate, the end token included.
  int64_t steps = 16;
};

/// Every stage of one greedy reading, for comparison with another
/// implementation. P = pages, N = positions of their vision tokens.
///
///   pixels.NAME     (views, 3, S, S), in [-1, 1]
///   sam.NAME        (views, C, h, w), of perception tower and compressor
///   clip.NAME       (views, tokens, width), of the second stage; `flow.NAME`
///                   for a causal flow
///   tokens.NAME     (views, tokens, D)
///   sequence        (N, D)
///   input_ids       (positions)
///   logits          (steps, V)
///   generated_ids   (steps)
///
/// NAME is "global" (a view for each page) or "tiles" (those of the one page).
struct Trace {
  /// On the CPU, floating point as float32.
  std::vector<std::pair<std::string, torch::Tensor>> tensors;

  /// mode, image_size (of each page), tiles, model_hash.
  std::map<std::string, std::string> metadata;
};

/// Reads the views of one page, or with `together` those of several without
/// tiles. It decodes plainly, without the rules of `GenerationConfig`. Throws
/// `InputError` for more pages than the model's positions hold, and for a
/// prompt that needs a tokenizer which the folder does not have.
Trace trace_pages(
    model::LoadedModel& loaded,
    const std::vector<page::PageViews>& pages,
    const page::ResolutionMode& mode,
    const TraceConfig& config);

/// Writes a safetensors file.
void write_trace(const std::string& file, const Trace& trace);

} // namespace microfiche::reading
