#include "memory/curve/curve_tables.h"

#include "core/error.h"
#include "core/plural.h"

#include <algorithm>
#include <cmath>

namespace microfiche::memory::curve {
namespace {

using metrics::ForgettingFit;
using metrics::ForgettingForm;

/// A difference in AICc below this does not tell two models apart (Burnham and
/// Anderson, "Model Selection and Multimodel Inference", 2002, section 2.6).
constexpr double kLevelAicc = 2;

const ForgettingFit& step_of(const RecallCurve& curve) {
  return *std::find_if(
      curve.fits.begin(), curve.fits.end(), [](const auto& fit) {
        return fit.form == ForgettingForm::kStep;
      });
}

std::string half_life_sentence(
    const RecallCurve& curve,
    const ForgettingFit& fit) {
  const auto form = title_of(fit.form);
  if (std::isinf(fit.half_life)) {
    return concat(
        "The skill of the ",
        form,
        " model does not fall to half within the ages that were asked.");
  }
  if (fit.extrapolated) {
    return concat(
        "The half-life lies beyond the oldest age that was asked (",
        form,
        " model).");
  }
  return concat(
      "The half-life is ",
      fixed(fit.half_life, 1),
      " ",
      name_of(curve.options.unit),
      " (",
      form,
      " model).");
}

/// A Weibull curve with a large exponent falls at one age, as a step does.
std::string steep_text(const ForgettingFit& fit) {
  constexpr double kSteep = 10;
  return fit.form == ForgettingForm::kWeibull && fit.parameters[2] > kSteep
      ? " Its exponent is so large that it is a step itself."
      : "";
}

std::string model_sentence(const RecallCurve& curve) {
  const auto& best = curve.fits.front();
  const auto& step = step_of(curve);
  if (step.parameters.size() == 1) {
    return "All pages that were asked have one mode, so the step model is a "
           "constant: it wins if recall does not fall with age.";
  }
  if (best.form == ForgettingForm::kStep) {
    return "The step model has the lowest AICc: recall changes where the plan "
           "changes the mode. The half-life is a property of the policy, not "
           "of the model.";
  }
  const double difference = step.aicc - best.aicc;
  if (difference < kLevelAicc) {
    return concat(
        "The ",
        title_of(best.form),
        " model has the lowest AICc, but the step model is only ",
        fixed(difference, 1),
        " above it: the data do not tell them apart, and the half-life may be "
        "a property of the policy.",
        steep_text(best));
  }
  return concat(
      "The ",
      title_of(best.form),
      " model has the lowest AICc, ",
      fixed(difference, 1),
      " below the step model, which knows only the modes.",
      steep_text(best));
}

const MethodRecall* find_method(
    const RecallCurve& curve,
    const std::string& name) {
  for (const auto& method : curve.methods) {
    if (method.method == name) {
      return &method;
    }
  }
  return nullptr;
}

Json share_json(const metrics::Proportion& share) {
  return {
      {"questions", share.probes},
      {"correct", share.correct},
      {"recall", finite_or_null(share.share)},
      {"low", finite_or_null(share.low)},
      {"high", finite_or_null(share.high)}};
}

Json recall_json(const Recall& recall) {
  auto json = share_json(recall.share);
  json["outcomes"] = Json::object();
  for (const auto outcome : kOutcomes) {
    json["outcomes"][std::string(name_of(outcome))] = recall.count(outcome);
  }
  return json;
}

Json series_json(const Series& series) {
  return {
      {"name", series.name},
      {"policy", series.policy},
      {"budget", series.budget},
      {"model", series.model},
      {"reader", series.reader},
      {"dtype", series.dtype},
      {"plans", series.plans},
      {"runs", series.runs}};
}

Json fit_json(const RecallCurve& curve, const ForgettingFit& fit) {
  const auto oldest = metrics::horizon(fit, curve.options.horizon_skill);
  Json skills = Json::array();
  for (const auto& point : fit.skills) {
    skills.push_back({{"age", point.age}, {"skill", point.skill}});
  }
  return {
      {"model", name_of(fit.form)},
      {"aicc", finite_or_null(fit.aicc)},
      {"log_likelihood", finite_or_null(fit.log_likelihood)},
      {"parameters", fit.parameters},
      {"half_life", finite_or_null(fit.half_life)},
      {"half_life_low", finite_or_null(fit.half_life_low)},
      {"half_life_high", finite_or_null(fit.half_life_high)},
      {"half_life_reached", std::isfinite(fit.half_life)},
      {"extrapolated", fit.extrapolated},
      {"horizon", oldest ? Json(*oldest) : Json(nullptr)},
      {"skills", std::move(skills)}};
}

} // namespace

std::vector<std::string> findings(const RecallCurve& curve) {
  const auto& all = curve.subject().all;
  std::vector<std::string> list = {concat(
      "Recall over all ages is ",
      share_text(all.share),
      " with ",
      fixed(curve.subject().positions, 0),
      " positions.")};
  const auto* search = find_method(curve, "text_search");
  if (search != nullptr && search != &curve.subject() &&
      search->all.share.probes > 0) {
    list.push_back(concat(
        "Text search that fetches the text has ",
        share_text(search->all.share),
        " with ",
        fixed(search->positions, 0),
        " positions per question."));
  }
  if (!curve.fits.empty()) {
    list.push_back(model_sentence(curve));
    list.push_back(half_life_sentence(curve, curve.fits.front()));
  }
  return list;
}

std::vector<std::string> caveats(const RecallCurve& curve) {
  std::vector<std::string> list;
  if (curve.is_sketch()) {
    list.push_back(concat(
        "This curve is a sketch: an age has as few as ",
        count_of(curve.fewest_probes, "question"),
        ", and ",
        kSketchProbes,
        " are needed for an interval of 0.05 on each side."));
  }
  list.push_back(
      curve.by_conversation()
          ? concat(
                "Intervals are 95 % and draw whole conversations (",
                curve.conversations,
                ").")
          : concat(
                "The answers are from ",
                count_of(curve.conversations, "conversation"),
                "; fewer than ",
                kFewConversations,
                " cannot be drawn from. Intervals are Wilson's 95 %, those of "
                "half-lives draw pages. They say nothing about other "
                "conversations."));
  if (!curve.floor) {
    list.push_back(
        "No question was asked with a wrong page, so the floor counts as 0.");
  } else if (*curve.floor >= 1) {
    list.push_back(
        "Every question was answered with a wrong page too, so there is no "
        "skill and nothing to fit.");
  }
  const bool psychometric =
      std::any_of(curve.fits.begin(), curve.fits.end(), [](const auto& fit) {
        return fit.form == ForgettingForm::kPsychometric;
      });
  if (!curve.fits.empty() && !psychometric) {
    list.push_back(
        "The psychometric model is left out: it needs pages of different "
        "density, and none that is text or dropped.");
  }
  list.push_back(
      "Questions are spread over ages as they were asked; recall over all ages "
      "depends on that.");
  return list;
}

Json to_json(const RecallCurve& curve) {
  Json json = {
      {"series", series_json(curve.series)},
      {"method", curve.options.method},
      {"age_unit", name_of(curve.options.unit)},
      {"horizon_skill", curve.options.horizon_skill},
      {"resamples", curve.options.resamples},
      {"seed", curve.options.seed},
      {"conversations", curve.conversations},
      {"intervals", curve.by_conversation() ? "conversations" : "wilson"},
      {"sketch", curve.is_sketch()},
      {"floor", curve.floor ? Json(*curve.floor) : Json(nullptr)},
      {"methods", Json::array()},
      {"fits", Json::array()},
      {"modes", Json::array()},
      {"kinds", Json::array()},
      {"places", Json::array()},
      {"findings", findings(curve)},
      {"caveats", caveats(curve)}};
  for (const auto& method : curve.methods) {
    Json entry = recall_json(method.all);
    entry["method"] = method.method;
    entry["positions"] = finite_or_null(method.positions);
    entry["never_stated"] = method.never_stated;
    entry["false_answers"] = method.false_answers;
    entry["ages"] = Json::array();
    for (size_t bin = 0; bin < curve.bins.size(); ++bin) {
      auto age = recall_json(method.bins[bin]);
      age["first"] = curve.bins[bin].first;
      age["last"] = curve.bins[bin].last;
      entry["ages"].push_back(std::move(age));
    }
    json["methods"].push_back(std::move(entry));
  }
  for (const auto& fit : curve.fits) {
    json["fits"].push_back(fit_json(curve, fit));
  }
  for (const auto& mode : curve.modes) {
    auto entry = recall_json(mode.recall);
    entry["mode"] = mode.cost.mode;
    entry["pages"] = mode.cost.pages;
    entry["positions"] = mode.cost.positions;
    entry["facts"] = mode.cost.facts;
    entry["remembered"] = finite_or_null(mode.remembered);
    entry["positions_per_fact"] = finite_or_null(mode.positions_per_fact);
    json["modes"].push_back(std::move(entry));
  }
  for (const auto& kind : curve.kinds) {
    auto entry = recall_json(kind.recall);
    entry["kind"] = kind.kind;
    json["kinds"].push_back(std::move(entry));
  }
  for (size_t place = 0; place < curve.places.size(); ++place) {
    auto entry = recall_json(curve.places[place].all);
    entry["place"] = place_name(place);
    json["places"].push_back(std::move(entry));
  }
  return json;
}

Json to_json(const BudgetFront& front) {
  Json json = {
      {"common_facts", front.common_facts},
      {"series", Json::array()},
      {"points", Json::array()}};
  for (const auto& series : front.all_series) {
    json["series"].push_back(series_json(series));
  }
  for (const auto& point : front.points) {
    auto entry = recall_json(point.recall);
    entry["series"] = front.all_series[point.series].name;
    entry["method"] = point.method;
    entry["positions"] = finite_or_null(point.positions);
    entry["on_front"] = point.on_front;
    json["points"].push_back(std::move(entry));
  }
  return json;
}

} // namespace microfiche::memory::curve
