#pragma once

#include <string>

namespace microfiche {

/// What this program was built from and with: part of every result's
/// provenance.
struct BuildInfo {
  /// Of Microfiche, e.g. "0.1.0".
  std::string version;

  /// The commit, with "-dirty" when files differed from it, or "unknown"
  /// outside a clone.
  std::string commit;

  /// "none" where a part is left out of the build.
  std::string libtorch;
  std::string cuda;
  std::string opencv;
  std::string pango;
  std::string icu;

  std::string compiler;
  std::string build_type;
};

/// Lists the fields once; see Note [Configs].
template <typename Visitor>
void visit_fields(Visitor&& visit, BuildInfo& info) {
  visit("version", info.version);
  visit("commit", info.commit);
  visit("libtorch", info.libtorch);
  visit("cuda", info.cuda);
  visit("opencv", info.opencv);
  visit("pango", info.pango);
  visit("icu", info.icu);
  visit("compiler", info.compiler);
  visit("build_type", info.build_type);
}

/// The build of this very program.
const BuildInfo& build_info();

/// What `microfiche --version` prints, a line each, without the last newline.
std::string version_text();

} // namespace microfiche
