#pragma once

#include <string>

namespace microfiche {

/// The source and libraries of this build; part of every result's provenance.
struct BuildInfo {
  /// E.g. "0.1.0".
  std::string version;

  /// With "-dirty" if the working tree differed; "unknown" outside a clone.
  std::string commit;

  /// "none" if not part of the build.
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

const BuildInfo& build_info();

/// The output of `microfiche --version`, without the last newline.
std::string version_text();

} // namespace microfiche
