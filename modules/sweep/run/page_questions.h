#pragma once

#include "conditions/text/text_condition.h"
#include "core/random.h"
#include "sweep/sweep_page.h"

namespace microfiche::sweep {

/// Asks about a page of `content`: sets its question, and the answer as its
/// reference. `on_grid`: the pairs are on a grid, without separators. Unless
/// `stated`, the question is about something that is not on the page. A page of
/// lines without a usable beginning is asked for something that is not there.
void ask(
    SweepPage& page,
    const conditions::PageText& content,
    bool on_grid,
    bool stated,
    RandomStream& random);

/// The prompt that asks it, with `<image>` for the page.
std::string prompt_of(const PageQuestion& question);

/// The prompt with the page's text in place of the page.
std::string text_prompt_of(const PageQuestion& question);

} // namespace microfiche::sweep
