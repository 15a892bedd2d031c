#include "data/grounding_objects.h"

#include "core/error.h"
#include "core/files.h"
#include "page/image_header.h"

#include <cmath>
#include <span>
#include <tuple>
#include <utility>

namespace microfiche::data {
namespace {

constexpr std::string_view kReference = "<ref-object>";
constexpr std::string_view kBox = "<bbox>";
constexpr double kLastCoordinate = 999;

/// The list in a field of the objects; empty without the field.
Json list_of(const Json& objects, const char* field, const std::string& where) {
  const auto found = objects.find(field);
  if (found == objects.end() || found->is_null()) {
    return Json::array();
  }
  check(found->is_array(), where, ": objects.", field, ": expected a list");
  return *found;
}

/// Width and height of an upright image.
std::pair<double, double> size_of(
    const std::filesystem::path& image,
    const std::string& where) {
  const auto bytes = read_file(image);
  const auto header = page::read_image_header(
      std::as_bytes(std::span(bytes)), concat(where, ": ", image.string()));
  const auto width = static_cast<double>(header.width);
  const auto height = static_cast<double>(header.height);
  // Orientations 5 to 8 turn the image by 90 degrees.
  return header.orientation >= 5 ? std::pair(height, width)
                                 : std::pair(width, height);
}

} // namespace

GroundingObjects::GroundingObjects(
    const Json& objects,
    const std::filesystem::path& image,
    std::string where)
    : objects_(objects.is_null() ? Json::object() : objects),
      where_(std::move(where)) {
  check(objects_.is_object(), where_, ": objects: expected an object");
  const auto type = objects_.value("bbox_type", Json("real"));
  check(
      type == "real" || type == "norm1",
      where_,
      ": objects.bbox_type: expected \"real\" or \"norm1\"");
  if (!list_of(objects_, "bbox", where_).empty() && type == "real") {
    check(
        !image.empty(), where_, ": objects.bbox: boxes in a row without image");
    std::tie(width_, height_) = size_of(image, where_);
  }
}

std::string GroundingObjects::fill(const std::string& message) {
  std::string filled;
  for (size_t at = 0; at < message.size();) {
    const auto rest = std::string_view(message).substr(at);
    if (rest.starts_with(kReference)) {
      filled += next_reference();
      at += kReference.size();
    } else if (rest.starts_with(kBox)) {
      filled += next_box();
      at += kBox.size();
    } else {
      filled += message[at++];
    }
  }
  return filled;
}

const Json& GroundingObjects::next(
    const char* field,
    std::string_view placeholder,
    size_t& index) const {
  const auto found = objects_.find(field);
  check(
      found != objects_.end() && found->is_array() && index < found->size(),
      where_,
      ": \"",
      placeholder,
      "\" number ",
      index + 1,
      " has no entry in objects.",
      field,
      ", so the model would learn the placeholder itself");
  return (*found)[index++];
}

std::string GroundingObjects::next_reference() {
  const auto& reference = next("ref", kReference, num_references_);
  check(
      reference.is_string(),
      where_,
      ": objects.ref[",
      num_references_ - 1,
      "]: expected a string");
  return "<|ref|>" + reference.get<std::string>() + "<|/ref|>";
}

std::string GroundingObjects::next_box() {
  const auto& box = next("bbox", kBox, num_boxes_);
  const auto name = concat(where_, ": objects.bbox[", num_boxes_ - 1, "]");
  bool is_box = box.is_array() && box.size() == 4;
  for (size_t i = 0; is_box && i < 4; ++i) {
    is_box = box[i].is_number();
  }
  check(
      is_box,
      name,
      ": expected four numbers: left, top, right and bottom; the model writes "
      "no other shape");
  std::string text;
  double sides[4];
  for (size_t i = 0; i < 4; ++i) {
    const double side = i % 2 == 0 ? width_ : height_;
    sides[i] = box[i].get<double>() / side;
    text +=
        concat(i == 0 ? "" : ", ", std::llround(sides[i] * kLastCoordinate));
  }
  check(
      0 <= sides[0] && sides[0] <= sides[2] && sides[2] <= 1 && 0 <= sides[1] &&
          sides[1] <= sides[3] && sides[3] <= 1,
      name,
      ": the box is not inside its image of ",
      width_,
      " x ",
      height_);
  return "<|det|>[[" + text + "]]<|/det|>";
}

void GroundingObjects::finish() const {
  const auto check_used =
      [&](const char* field, std::string_view placeholder, size_t used) {
        const auto count = list_of(objects_, field, where_).size();
        check(
            used == count,
            where_,
            ": objects.",
            field,
            " has ",
            count,
            " entries, but the messages have ",
            used,
            " \"",
            placeholder,
            "\"");
      };
  check_used("ref", kReference, num_references_);
  check_used("bbox", kBox, num_boxes_);
}

} // namespace microfiche::data
