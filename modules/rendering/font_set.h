#pragma once

// Only for the sources of this module: it shows Pango's types.

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

#include <cstdint>
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

/// Fonts from files, with Pango's objects for laying out text in them.
///
/// A set shares nothing with other sets or with the font configuration of the
/// process. So two threads can use two sets, and Pango never takes another
/// font.
class FontSet {
 public:
  /// Throws `InputError` for a file that is not a font, and for a bitmap or
  /// colour font.
  explicit FontSet(const std::vector<std::string>& files);

  /// Sets the size of the first font, in pixels.
  void set_size(double size_px);

  /// How often the size changed.
  int64_t num_size_changes() const {
    return num_size_changes_;
  }

  /// Ascent and descent of the first font, in pixels.
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
  double size_px_ = 0;
  int64_t num_size_changes_ = 0;
  std::unique_ptr<FcConfig, DestroyConfig> config_;
  std::vector<const FcCharSet*> charsets_;
  GObjectPtr<PangoFontMap> font_map_;
  GObjectPtr<PangoContext> context_;
  std::unique_ptr<PangoFontDescription, FreeDescription> description_;
  GObjectPtr<PangoLayout> layout_;
};

/// Returns a set to the pool.
struct ReleaseFontSet {
  void operator()(FontSet* fonts) const;
};

using PooledFontSet = std::unique_ptr<FontSet, ReleaseFontSet>;

/// A set of these files for the caller alone, from a pool, because loading a
/// font takes milliseconds.
PooledFontSet acquire_font_set(const std::vector<std::string>& files);

} // namespace microfiche::rendering
