#pragma once

#include "metrics/evaluation_row.h"

#include <string>
#include <vector>

namespace microfiche::training {

using metrics::EvaluationRow;

/// The name of an evaluation's row: "nano-9/corpus/10".
std::string evaluation_row_name(
    const std::string& mode,
    const std::string& text,
    double characters_per_token);

/// See `evaluation_row_name`.
std::string row_name(const EvaluationRow& row);

/// The unweighted mean precision of the rows whose names match `pattern`; NaN
/// if there is none.
double mean_precision(
    const std::vector<EvaluationRow>& rows,
    const std::string& pattern);

/// The rows as aligned text, one line per row.
std::string format_table(const std::vector<EvaluationRow>& rows);

} // namespace microfiche::training
