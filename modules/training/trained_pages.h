#pragma once

#include "model/trained_on.h"
#include "training/training_config.h"

#include <optional>

namespace microfiche::training {

/// The pages that the stages show the model, for `microfiche.trained_on` of its
/// config: modes, fonts, sizes of type and density. Languages are unknown.
/// Nothing if a stage has pages from files, whose style is unknown, or if the
/// model gets no pages.
///
/// `before` is what the config of the initial model states; its page style is
/// kept if it is one of the training pages.
std::optional<model::TrainedOn> trained_pages(
    const TrainingConfig& config,
    const model::ModelConfig& before);

} // namespace microfiche::training
