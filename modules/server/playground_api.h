#pragma once

#include "core/json.h"
#include "model/loaded_model.h"
#include "reading/text_pages.h"
#include "server/http/server_config.h"
#include "server/http/work_slots.h"
#include "server/page_loader.h"

#include <cstdint>
#include <string>
#include <vector>

namespace microfiche::server {

/// What the playground asks for besides readings. Each function takes a body
/// that a browser sent and throws `ApiError` and `InputError` for wrong ones.
class PlaygroundApi {
 public:
  /// Bytes of a body of JSON, in which a character may take six.
  static constexpr int64_t kMaxJsonBytes = int64_t{2} << 20;

  PlaygroundApi(
      const model::LoadedModel& loaded,
      std::string model_name,
      const ServerConfig& config,
      PageLoader& loader);

  /// Model, modes, page styles, an example text, whether a store is open.
  Json setup() const;

  /// {"text", "style"}: the first page of the text, as a data URI, and its
  /// counts in each mode.
  Json make_page(const std::string& body);

  /// The bytes of an image or PDF file: one page of it, as `make_page`.
  Json load_page(const std::string& body, int64_t page);

  /// {"reference", "prediction"}: the texts in pieces, each the same in both,
  /// missing, added or substituted, and the scores of the reading. Two requests
  /// at a time, because two long texts take seconds.
  Json compare(const std::string& body);

  /// The newest plan of the store, as an HTML document without scripts. Throws
  /// `ApiError` with status 404 if no store is open.
  std::string timeline() const;

 private:
  /// A style that the playground offers.
  struct Style {
    std::string name;
    std::string label;
    reading::TextStyle text;
  };

  std::vector<page::ResolutionMode> modes() const;
  std::vector<Style> styles() const;
  Json mode_json(const page::ResolutionMode& mode, const page::PageImage& image)
      const;
  Json page_json(const page::PageImage& image) const;

  const model::LoadedModel& loaded_;
  const std::string model_name_;
  const ServerConfig& config_;
  PageLoader& loader_;
  WorkSlots compare_slots_{2};
};

} // namespace microfiche::server
