#pragma once

#include "core/json.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace microfiche::data {

// Note [Objects of ms-swift]
// ms-swift keeps what a row refers to beside its messages:
//
//   {"messages": [{"role": "user", "content": "<image>find <ref-object>"},
//                 {"role": "assistant", "content": "<bbox>"}],
//    "images": ["a.png"],
//    "objects": {"ref": ["title"], "bbox": [[1, 2, 30, 40]],
//                "bbox_type": "real"}}
//
// The n-th `<ref-object>` of all messages stands for the n-th reference, the
// n-th `<bbox>` for the n-th box: left, top, right, bottom, in pixels of the
// image ("real", the default) or in fractions of its sides ("norm1"). The model
// writes them as <|ref|>title<|/ref|> and <|det|>[[5, 10, 156, 208]]<|/det|>,
// where 0 to 999 divide each side; see Note [Grounded text].
//
// Source: ms-swift, "Custom Dataset", section "Grounding".

/// Fills in the references and boxes of a row's messages; see Note [Objects of
/// ms-swift].
class GroundingObjects {
 public:
  /// `objects` is the row's field, null if it has none. `image` is the row's
  /// image; its header is read if there are boxes in pixels. Throws
  /// `InputError`, which `where` starts, for objects of another form and for
  /// boxes outside the image.
  GroundingObjects(
      const Json& objects,
      const std::filesystem::path& image,
      std::string where);

  /// The message with its `<ref-object>` and `<bbox>` filled in. Messages come
  /// in their order. Throws `InputError` if there are too few objects.
  std::string fill(const std::string& message);

  /// Throws `InputError` if not all objects were used.
  void finish() const;

 private:
  const Json&
  next(const char* field, std::string_view placeholder, size_t& index) const;
  std::string next_reference();
  std::string next_box();

  const Json objects_;
  const std::string where_;
  size_t num_references_ = 0;
  size_t num_boxes_ = 0;

  /// What the coordinates of a box are divided by.
  double width_ = 1;
  double height_ = 1;
};

} // namespace microfiche::data
