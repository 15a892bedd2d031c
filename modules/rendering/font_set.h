#pragma once

// Only for the sources of this module: it shows Pango's types.

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

#include <memory>
#include <string>
#include <vector>

namespace microfiche::rendering {

/// Frees a GObject at the end of its scope.
struct Unref {
  void operator()(gpointer object) const {
    g_object_unref(object);
  }
};

template <typename T>
using GObjectPtr = std::unique_ptr<T, Unref>;

/// Fonts from files, and what Pango needs to set text in them.
///
/// Nothing here is shared with another set or with the process's own
/// configuration of fonts, so two sets can be used in two threads, and no font
/// but these is ever taken.
class FontSet {
 public:
  /// Throws `InputError` for a file that is no font.
  explicit FontSet(const std::vector<std::string>& files);

  /// Uses the first font at this size, in pixels, from here on.
  void set_size(double size_px);

  /// Ascent and descent of the first font at this size, in pixels.
  struct Metrics {
    double ascent = 0;
    double descent = 0;
  };
  Metrics metrics() const;

  /// Whether a font of the set has a glyph for the character.
  bool has(gunichar character) const;

  PangoLayout* layout() const {
    return layout_.get();
  }

  const std::vector<std::string>& files() const {
    return files_;
  }

 private:
  struct DestroyConfig {
    void operator()(FcConfig* config) const {
      FcConfigDestroy(config);
    }
  };
  struct FreeDescription {
    void operator()(PangoFontDescription* description) const {
      pango_font_description_free(description);
    }
  };

  std::vector<std::string> files_;
  std::unique_ptr<FcConfig, DestroyConfig> config_;
  std::vector<const FcCharSet*> charsets_;
  GObjectPtr<PangoFontMap> font_map_;
  GObjectPtr<PangoContext> context_;
  std::unique_ptr<PangoFontDescription, FreeDescription> description_;
  GObjectPtr<PangoLayout> layout_;
};

/// Gives a borrowed set back.
struct ReleaseFontSet {
  void operator()(FontSet* fonts) const;
};

using PooledFontSet = std::unique_ptr<FontSet, ReleaseFontSet>;

/// A set of these files for the borrower alone. Sets that came back are lent
/// again, since loading a font takes milliseconds.
PooledFontSet acquire_font_set(const std::vector<std::string>& files);

} // namespace microfiche::rendering
