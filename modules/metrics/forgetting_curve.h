#pragma once

#include "metrics/forgetting.h"

#include <vector>

namespace microfiche::metrics {

/// All probes of one age, density and level.
struct ForgettingGroup {
  double age = 0;
  double density = 0;
  int64_t level = 0;
  double probes = 0;
  double correct = 0;
};

/// correct * log(p) + (probes - correct) * log(1 - p), where 0 * log(0) is 0.
double binomial_log_likelihood(double correct, double probes, double p);

// Searches use free numbers t for the parameters of a smooth form, which is any
// but `step`: s = 1 / (1 + exp(-t0)); scales, rates and exponents are exp(t);
// x0 is itself.

std::vector<double> curve_parameters(
    ForgettingForm form,
    const std::vector<double>& t);

/// s * g of Note [Forgetting curves].
double curve_skill(
    ForgettingForm form,
    const std::vector<double>& parameters,
    double age,
    double density);

/// Where searches begin for this data.
std::vector<std::vector<double>> curve_starts(
    ForgettingForm form,
    const std::vector<ForgettingGroup>& groups);

/// The free numbers of the highest likelihood.
struct SmoothFit {
  std::vector<double> t;
  double log_likelihood = 0;
};

/// Searches from each of `starts`.
SmoothFit fit_smooth_curve(
    ForgettingForm form,
    const std::vector<ForgettingGroup>& groups,
    double floor,
    const std::vector<std::vector<double>>& starts);

} // namespace microfiche::metrics
