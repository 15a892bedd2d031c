#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace microfiche::rendering {

/// Finds the file of a font by its path, by the name of an installed family
/// ("DejaVu Sans", which gives the regular face) or by a full name ("DejaVu
/// Sans Bold"). Case does not matter.
///
/// Throws `InputError`, which lists the installed families and names Debian
/// packages of fonts, when there is none.
std::filesystem::path find_font(const std::string& name);

/// The families of the installed fonts, in alphabetical order.
std::vector<std::string> installed_font_families();

/// Whether an installed font covers a language, "zh-cn" for example, by
/// Fontconfig's table of characters.
bool has_font_for_language(const std::string& language);

/// Versions and files that decide, together with the text and style, the bytes
/// of a page.
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

/// The versions of the libraries, and the files of `fonts` (see `find_font`)
/// with their SHA-256.
RenderingProvenance rendering_provenance(const std::vector<std::string>& fonts);

} // namespace microfiche::rendering
