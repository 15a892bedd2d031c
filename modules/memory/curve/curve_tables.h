#pragma once

#include "core/json.h"
#include "core/table.h"
#include "memory/curve/budget_front.h"
#include "memory/curve/recall_curve.h"

#include <string>
#include <vector>

namespace microfiche::memory::curve {

/// A method or an outcome in words: "text search" of "text_search".
std::string title_of(const std::string& name);

/// "step", "exponential", "power", "Weibull" or "psychometric".
std::string title_of(metrics::ForgettingForm form);

/// "first quarter" and so on, of the text of a page.
std::string place_name(size_t place);

/// A share with its interval: "0.500 [0.237, 0.763]"; "-" without probes.
std::string share_text(const metrics::Proportion& share);

/// What the numbers say, a sentence or two each, the most important first.
std::vector<std::string> findings(const RecallCurve& curve);

/// How the numbers were made, and what limits them.
std::vector<std::string> caveats(const RecallCurve& curve);

// Tables to read.
Table age_table(const RecallCurve& curve);
Table method_table(const RecallCurve& curve);
Table fit_table(const RecallCurve& curve);
Table mode_table(const RecallCurve& curve);
Table kind_table(const RecallCurve& curve);
Table place_table(const RecallCurve& curve);
Table front_table(const BudgetFront& front);

/// One row per method and bin, with all digits, for other programs.
Table curve_csv(const RecallCurve& curve);

/// All numbers of a curve. Infinities are null.
Json to_json(const RecallCurve& curve);
Json to_json(const BudgetFront& front);

} // namespace microfiche::memory::curve
