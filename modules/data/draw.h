#pragma once

#include "core/random.h"

#include <map>
#include <string>
#include <utility>

namespace microfiche::data {

/// A closed range; a draw from it is even, or even in the logarithm where the
/// field says so.
using Range = std::pair<double, double>;

/// A draw from the range, even or even in the logarithm.
double draw_even(RandomStream& random, const Range& range);
double draw_log(RandomStream& random, const Range& range);

/// A name drawn by its weight.
const std::string& draw_name(
    RandomStream& random,
    const std::map<std::string, double>& weights);

/// Throws `InputError` unless weights are finite, none is negative and one is
/// above 0.
void check_weights(
    const std::map<std::string, double>& weights,
    const char* field,
    const std::string& where);

} // namespace microfiche::data
