#pragma once

#include "memory/curve/budget_front.h"
#include "memory/curve/recall_curve.h"
#include "report/report_sections.h"

#include <vector>

namespace microfiche::memory::curve {

/// Recall over age with intervals, fits, floor and baselines.
report::ReportFigure recall_figure(const RecallCurve& curve);

/// The shares of the outcomes at each age, as stacked bars.
report::ReportFigure outcome_figure(const RecallCurve& curve);

/// Positions per remembered fact in each mode.
report::ReportFigure cost_figure(const RecallCurve& curve);

/// Recall over positions, for all settings and methods.
report::ReportFigure front_figure(
    const BudgetFront& front,
    const CurveOptions& options);

/// The figures of a curve. The budget front is among them if there are at least
/// two settings.
std::vector<report::ReportFigure> figures(
    const RecallCurve& curve,
    const BudgetFront& front);

} // namespace microfiche::memory::curve
