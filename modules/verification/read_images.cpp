#include "verification/read_images.h"

#include "core/error.h"
#include "core/stop_signal.h"
#include "page/page_views.h"

#include <optional>
#include <utility>

namespace microfiche::verification {

int64_t read_images(model::LoadedModel& loaded, const ImageReading& reading) {
  int64_t num_started = 0;
  int64_t vision_tokens = 0;
  generation::ReadCallbacks callbacks;
  callbacks.next = [&]() -> std::optional<generation::NumberedTokens> {
    throw_if_stop_requested();
    if (num_started == reading.num_pages) {
      return std::nullopt;
    }
    const page::PageViews views[] = {
        page::make_views(reading.load(num_started), reading.mode)};
    const torch::InferenceMode inference;
    auto tokens = loaded.model->encode(views, reading.mode).front();
    vision_tokens = tokens.counts.nominal;
    return generation::NumberedTokens{num_started++, std::move(tokens)};
  };
  callbacks.on_reading = reading.on_reading;
  int64_t pieces = 0;
  callbacks.on_text = [&](int64_t, std::string_view) {
    throw_if_stop_requested();
    reading.on_text(++pieces);
  };
  callbacks.on_failure = [](int64_t, const Error& error) {
    throw Error(error.exit_code(), error.what());
  };
  generation::read_vision_tokens(
      loaded, callbacks, reading.config, reading.batch);
  return vision_tokens;
}

} // namespace microfiche::verification
