#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::rendering {

/// The font file for a name: a path to a file as it is, else the regular face
/// of an installed family ("DejaVu Sans"), or the face of a full name
/// ("DejaVu Sans Bold"); case does not matter.
///
/// Throws `InputError` listing what is installed, with the Debian packages that
/// hold the fonts used here, when there is none.
std::filesystem::path find_font(const std::string& name);

/// Families of the installed fonts, in alphabetical order.
std::vector<std::string> installed_font_families();

/// Whether an installed font covers a language, "zh-cn" for example, by
/// Fontconfig's table of characters.
bool has_font_for_language(const std::string& language);

/// What the same bytes for the same inputs depend on beside the inputs.
struct RenderingProvenance {
  std::string pango;
  std::string cairo;
  std::string harfbuzz;
  std::string freetype;
  std::string fontconfig;
  std::vector<std::string> font_files;
  std::vector<std::string> font_sha256;
};

template <typename Visitor>
void visit_fields(Visitor&& visit, RenderingProvenance& provenance) {
  visit("pango", provenance.pango);
  visit("cairo", provenance.cairo);
  visit("harfbuzz", provenance.harfbuzz);
  visit("freetype", provenance.freetype);
  visit("fontconfig", provenance.fontconfig);
  visit("font_files", provenance.font_files);
  visit("font_sha256", provenance.font_sha256);
}

/// Versions of the libraries, and the files behind `fonts` (see `find_font`)
/// with their SHA-256.
RenderingProvenance rendering_provenance(const std::vector<std::string>& fonts);

} // namespace microfiche::rendering
