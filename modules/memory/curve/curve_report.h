#pragma once

#include "core/json.h"
#include "memory/curve/budget_front.h"
#include "memory/curve/recall_curve.h"
#include "memory/curve/timeline.h"

#include <filesystem>
#include <optional>
#include <string>

namespace microfiche::memory::curve {

/// All that a report on recall shows.
struct CurveReport {
  RecallCurve curve;

  /// Has no points if the store has one series.
  BudgetFront front;
  std::optional<Timeline> timeline;
};

/// Reads a series from a store. The timeline has the newest `timeline_pages`
/// pages of the newest plan of the series, or is left out for 0.
CurveReport load_curve_report(
    Store& store,
    const std::vector<Series>& all_series,
    size_t series,
    const CurveOptions& options,
    int64_t timeline_pages);

/// The tables and sentences for a terminal.
std::string terminal_text(const CurveReport& report);

/// All numbers of the report.
Json curve_json(const CurveReport& report);

/// A self-contained document: it loads nothing, and all text of the store is
/// escaped.
std::string curve_document(const CurveReport& report);

/// Writes report.html, curve.csv and curve.json, and budget.csv if the store
/// has several series. Throws `IoError` on failure, such as a full disk.
void write_curve_report(
    const CurveReport& report,
    const std::filesystem::path& folder);

} // namespace microfiche::memory::curve
