#include "rendering/font.h"

#include "core/config.h"
#include "core/crypto.h"
#include "core/error.h"
#include "core/files.h"

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include <hb.h>
#include <pango/pango.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace microfiche::rendering {
namespace {

namespace fs = std::filesystem;

struct InstalledFace {
  std::string family;
  std::string full_name;
  std::string file;
  /// Distance from the regular face. The name of a family means the face with
  /// the smallest distance.
  int distance = 0;
};

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

std::string property(FcPattern* pattern, const char* name) {
  FcChar8* text = nullptr;
  return FcPatternGetString(pattern, name, 0, &text) == FcResultMatch
      ? reinterpret_cast<const char*>(text)
      : "";
}

int property(FcPattern* pattern, const char* name, int absent) {
  int value = absent;
  FcPatternGetInteger(pattern, name, 0, &value);
  return value;
}

std::vector<InstalledFace> list_installed_faces() {
  std::vector<InstalledFace> faces;
  // A separate configuration: the current one of the process does not change.
  const std::unique_ptr<FcConfig, decltype(&FcConfigDestroy)> config(
      FcInitLoadConfigAndFonts(), &FcConfigDestroy);
  const FcFontSet* fonts =
      config ? FcConfigGetFonts(config.get(), FcSetSystem) : nullptr;
  for (int i = 0; fonts != nullptr && i < fonts->nfont; ++i) {
    FcPattern* pattern = fonts->fonts[i];
    FcBool scalable = FcFalse;
    FcPatternGetBool(pattern, FC_SCALABLE, 0, &scalable);
    if (scalable == FcFalse) {
      continue;
    }
    faces.push_back(
        {property(pattern, FC_FAMILY),
         property(pattern, FC_FULLNAME),
         property(pattern, FC_FILE),
         std::abs(
             property(pattern, FC_WEIGHT, FC_WEIGHT_REGULAR) -
             FC_WEIGHT_REGULAR) +
             std::abs(property(pattern, FC_SLANT, FC_SLANT_ROMAN)) +
             std::abs(
                 property(pattern, FC_WIDTH, FC_WIDTH_NORMAL) -
                 FC_WIDTH_NORMAL)});
  }
  std::sort(faces.begin(), faces.end(), [](const auto& a, const auto& b) {
    return std::tie(a.distance, a.file) < std::tie(b.distance, b.file);
  });
  return faces;
}

const std::vector<InstalledFace>& installed_faces() {
  static const auto faces = list_installed_faces();
  return faces;
}

std::string freetype_version() {
  FT_Library library = nullptr;
  if (FT_Init_FreeType(&library) != 0) {
    return "";
  }
  FT_Int major = 0;
  FT_Int minor = 0;
  FT_Int patch = 0;
  FT_Library_Version(library, &major, &minor, &patch);
  FT_Done_FreeType(library);
  return concat(major, ".", minor, ".", patch);
}

std::string fontconfig_version() {
  const int version = FcGetVersion();
  return concat(version / 10000, ".", version / 100 % 100, ".", version % 100);
}

} // namespace

std::vector<std::string> installed_font_families() {
  std::set<std::string> families;
  for (const auto& face : installed_faces()) {
    families.insert(face.family);
  }
  return {families.begin(), families.end()};
}

bool has_font_for_language(const std::string& language) {
  const auto* const tag = reinterpret_cast<const FcChar8*>(language.c_str());
  const std::unique_ptr<FcConfig, decltype(&FcConfigDestroy)> config(
      FcInitLoadConfigAndFonts(), &FcConfigDestroy);
  const FcFontSet* const fonts =
      config ? FcConfigGetFonts(config.get(), FcSetSystem) : nullptr;
  for (int i = 0; fonts != nullptr && i < fonts->nfont; ++i) {
    FcLangSet* languages = nullptr;
    if (FcPatternGetLangSet(fonts->fonts[i], FC_LANG, 0, &languages) ==
            FcResultMatch &&
        FcLangSetHasLang(languages, tag) == FcLangEqual) {
      return true;
    }
  }
  return false;
}

fs::path find_font(const std::string& name) {
  std::error_code error;
  if (fs::is_regular_file(name, error)) {
    return name;
  }
  const std::string wanted = lower_case(name);
  for (const auto& face : installed_faces()) {
    if (lower_case(face.family) == wanted) {
      return face.file;
    }
  }
  for (const auto& face : installed_faces()) {
    if (lower_case(face.full_name) == wanted) {
      return face.file;
    }
  }
  const auto families = installed_font_families();
  std::string list;
  for (const auto& family : families) {
    list += (list.empty() ? "" : ", ") + family;
  }
  throw InputError(concat(
      "font \"",
      name,
      "\": neither a file nor an installed family",
      did_you_mean(name, families),
      "\n  installed: ",
      list.empty() ? "none" : list,
      "\n  more fonts: apt-get install fonts-dejavu-core fonts-liberation2 "
      "fonts-noto-core fonts-wqy-zenhei"));
}

RenderingProvenance rendering_provenance(
    const std::vector<std::string>& fonts) {
  RenderingProvenance provenance;
  provenance.pango = pango_version_string();
  provenance.cairo = cairo_version_string();
  provenance.harfbuzz = hb_version_string();
  provenance.freetype = freetype_version();
  provenance.fontconfig = fontconfig_version();
  for (const auto& font : fonts) {
    const fs::path file = find_font(font);
    provenance.font_files.push_back(file.string());
    provenance.font_sha256.push_back(sha256(MappedFile(file).bytes()));
  }
  return provenance;
}

} // namespace microfiche::rendering
