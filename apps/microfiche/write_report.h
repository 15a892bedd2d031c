#pragma once

#include <filesystem>

#include "report/report.h"

namespace microfiche::apps {

/// Writes a report as Markdown where the file is called .md, with its charts in
/// a folder beside it, else as HTML; - is stdout.
void write_report(
    const report::Report& report,
    const std::filesystem::path& file);

} // namespace microfiche::apps
