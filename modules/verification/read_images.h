#pragma once

#include "generation/read.h"
#include "model/loaded_model.h"
#include "page/page_image.h"
#include "page/resolution_mode.h"

#include <cstdint>
#include <functional>

namespace microfiche::verification {

/// Pages to read in one mode.
struct ImageReading {
  int64_t num_pages = 0;

  /// The pixels of a page, from 0; called when the page begins.
  std::function<page::PageImage(int64_t page)> load;
  page::ResolutionMode mode;
  generation::ReadConfig config;

  /// Pages at a time.
  int64_t batch = 1;

  /// Called when a page is finished, in any order.
  std::function<void(int64_t page, const generation::Reading& reading)>
      on_reading;

  /// Called with the number of pieces of text so far, of all pages.
  std::function<void(int64_t pieces)> on_text;
};

/// Reads all pages with continuous batching. Throws as `load`, the encoder and
/// `read_vision_tokens` do, and `Interrupted` after a signal, also in the
/// middle of a page. Returns the vision tokens of the last page that began.
int64_t read_images(model::LoadedModel& loaded, const ImageReading& reading);

} // namespace microfiche::verification
