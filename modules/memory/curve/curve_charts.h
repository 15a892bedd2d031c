#pragma once

#include "memory/curve/budget_front.h"
#include "memory/curve/recall_curve.h"
#include "report/report_sections.h"

namespace microfiche::memory::curve {

/// Recall over age with intervals, fits, floor and baselines.
report::ReportFigure recall_figure(const RecallCurve& curve);

/// The shares of the outcomes at each age, as stacked bars.
report::ReportFigure outcome_figure(const RecallCurve& curve);

/// A heat map of recall over age and over the place in the text of the page.
report::ReportFigure place_figure(const RecallCurve& curve);

/// Positions per remembered fact in each mode.
report::ReportFigure cost_figure(const RecallCurve& curve);

/// Recall over positions, for all series and methods.
report::ReportFigure front_figure(
    const BudgetFront& front,
    const CurveOptions& options);

} // namespace microfiche::memory::curve
