#include "rendering/font_set.h"

#include "core/error.h"

#include <pango/pangofc-fontmap.h>

#include <algorithm>
#include <mutex>

namespace microfiche::rendering {
namespace {

/// Sets that wait for their next user. There is room for a few threads with a
/// few fonts each; the oldest set is dropped first.
struct FontSetPool {
  static constexpr size_t kCapacity = 64;
  /// A set whose size changed more often is not used again. Pango keeps every
  /// size in a table whose hash knows only whole pixels, so each search gets
  /// longer.
  static constexpr int64_t kMostSizeChanges = 200;
  std::mutex mutex;
  std::vector<std::unique_ptr<FontSet>> sets;
};

FontSetPool& font_set_pool() {
  static FontSetPool pool;
  return pool;
}

std::string family_of(FcPattern* pattern) {
  FcChar8* family = nullptr;
  FcPatternGetString(pattern, FC_FAMILY, 0, &family);
  return family != nullptr ? reinterpret_cast<const char*>(family) : "";
}

/// Draws glyphs as their outlines, without hinting, in grey.
void use_unhinted_grey(PangoContext* context) {
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(context, options);
  cairo_font_options_destroy(options);
  pango_context_set_round_glyph_positions(context, FALSE);
}

/// Refuses bitmap and colour fonts. Bitmaps have their own size, and colour
/// glyphs become blots on a page of one colour.
void check_outlines(FcPattern* face, const std::string& file) {
  FcBool has_outline = FcFalse;
  FcBool has_colour = FcFalse;
  FcPatternGetBool(face, FC_OUTLINE, 0, &has_outline);
  FcPatternGetBool(face, FC_COLOR, 0, &has_colour);
  check(
      has_outline != FcFalse && has_colour == FcFalse,
      file,
      ": a ",
      has_colour != FcFalse ? "colour" : "bitmap",
      " font; expected a font of outlines in one colour, such as DejaVu Sans "
      "or Noto Emoji");
}

} // namespace

FontSet::FontSet(const std::vector<std::string>& files)
    : files_(files), config_(FcConfigCreate()) {
  for (const auto& file : files) {
    check(
        FcConfigAppFontAddFile(
            config_.get(), reinterpret_cast<const FcChar8*>(file.c_str())) !=
            FcFalse,
        file,
        ": not a readable font");
  }
  const FcFontSet* faces = FcConfigGetFonts(config_.get(), FcSetApplication);
  FcPattern* first = nullptr;
  std::string families;
  for (const auto& file : files) {
    for (int i = 0; i < faces->nfont; ++i) {
      FcPattern* face = faces->fonts[i];
      FcChar8* face_file = nullptr;
      FcPatternGetString(face, FC_FILE, 0, &face_file);
      if (face_file == nullptr ||
          file != reinterpret_cast<const char*>(face_file)) {
        continue;
      }
      check_outlines(face, file);
      first = first != nullptr ? first : face;
      families += (families.empty() ? "" : ",") + family_of(face);
      FcCharSet* charset = nullptr;
      if (FcPatternGetCharSet(face, FC_CHARSET, 0, &charset) == FcResultMatch) {
        charsets_.push_back(charset);
      }
    }
  }
  check(first != nullptr, files.front(), ": not a readable font");

  font_map_.reset(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT));
  pango_fc_font_map_set_config(
      PANGO_FC_FONT_MAP(font_map_.get()), config_.get());
  context_.reset(pango_font_map_create_context(font_map_.get()));
  use_unhinted_grey(context_.get());
  // The language chooses among glyphs. It must not depend on the environment.
  pango_context_set_language(context_.get(), pango_language_from_string("en"));

  description_.reset(
      pango_fc_font_description_from_pattern(first, /*include_size=*/FALSE));
  pango_font_description_set_family(description_.get(), families.c_str());
  layout_.reset(pango_layout_new(context_.get()));
  PangoAttrList* attributes = pango_attr_list_new();
  // A broken word gets no hyphen, because the text has none.
  pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
  pango_layout_set_attributes(layout_.get(), attributes);
  pango_attr_list_unref(attributes);
  pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_auto_dir(layout_.get(), FALSE);
}

void FontSet::set_size(double size_px) {
  if (size_px != size_px_) {
    size_px_ = size_px;
    ++num_size_changes_;
  }
  pango_font_description_set_absolute_size(
      description_.get(), size_px * PANGO_SCALE);
  pango_layout_set_font_description(layout_.get(), description_.get());
}

FontSet::Metrics FontSet::metrics() const {
  const GObjectPtr<PangoFont> font(pango_font_map_load_font(
      font_map_.get(), context_.get(), description_.get()));
  cairo_scaled_font_t* scaled =
      pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font.get()));
  cairo_font_extents_t extents = {};
  cairo_scaled_font_extents(scaled, &extents);
  return {extents.ascent, extents.descent};
}

bool FontSet::has(gunichar character) const {
  return std::any_of(
      charsets_.begin(), charsets_.end(), [&](const FcCharSet* charset) {
        return FcCharSetHasChar(charset, character) != FcFalse;
      });
}

void ReleaseFontSet::operator()(FontSet* fonts) const {
  if (fonts->num_size_changes() > FontSetPool::kMostSizeChanges) {
    delete fonts;
    return;
  }
  auto& pool = font_set_pool();
  const std::lock_guard lock(pool.mutex);
  if (pool.sets.size() == FontSetPool::kCapacity) {
    pool.sets.erase(pool.sets.begin());
  }
  pool.sets.emplace_back(fonts);
}

PooledFontSet acquire_font_set(const std::vector<std::string>& files) {
  auto& pool = font_set_pool();
  {
    const std::lock_guard lock(pool.mutex);
    // The set that was released last is most likely in the processor's caches.
    for (size_t i = pool.sets.size(); i-- > 0;) {
      if (pool.sets[i]->files() == files) {
        PooledFontSet found(pool.sets[i].release());
        pool.sets.erase(pool.sets.begin() + static_cast<int64_t>(i));
        return found;
      }
    }
  }
  return PooledFontSet(new FontSet(files));
}

} // namespace microfiche::rendering
