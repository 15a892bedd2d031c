#include "report/text_diff.h"

#include "core/edit_distance.h"
#include "core/utf8.h"
#include "metrics/text_normalization.h"
#include "report/html.h"

namespace microfiche::report {
namespace {

using Kind = EditRun::Kind;

std::u32string collapsed(std::string_view text) {
  return metrics::normalize(
      decode_utf8(text).text, metrics::Normalization::kNfkcWhitespace);
}

std::string element(const char* tag, std::u32string_view text) {
  const std::string name(tag, 3);
  return std::string("<") + tag + ">" + escape_html(encode_utf8(text)) + "</" +
      name + ">";
}

} // namespace

std::string diff_html(std::string_view reference, std::string_view prediction) {
  const auto wanted = collapsed(reference);
  const auto got = collapsed(prediction);
  std::string html;
  size_t i = 0;
  size_t j = 0;
  for (const auto& run : align_texts(wanted, got)) {
    const auto length = static_cast<size_t>(run.length);
    const auto missing = std::u32string_view(wanted).substr(i, length);
    const auto added = std::u32string_view(got).substr(j, length);
    switch (run.kind) {
      case Kind::kEqual:
        html += escape_html(encode_utf8(missing));
        break;
      case Kind::kDelete:
        html += element("del", missing);
        break;
      case Kind::kInsert:
        html += element("ins", added);
        break;
      case Kind::kSubstitute:
        html += element("del class=\"s\"", missing);
        html += element("ins class=\"s\"", added);
        break;
    }
    i += run.kind == Kind::kInsert ? 0 : length;
    j += run.kind == Kind::kDelete ? 0 : length;
  }
  return html;
}

} // namespace microfiche::report
