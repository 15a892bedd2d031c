#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sweep/cell.h"
#include "sweep/run/page_source.h"

namespace microfiche::sweep {

/// Checks the pages of all cells before the first is drawn. `vision_tokens`
/// gives what a square page of a cell nominally takes.
///
/// Throws `InputError` for a character that a page's font cannot draw, with its
/// file and byte, and for a text that is too short for `pages_per_cell` pages:
/// copies of a page would make the interval of a score too narrow. Pages of a
/// word or two may be equal by chance.
void check_pages(
    const PageSource& source,
    const std::vector<Cell>& cells,
    const std::function<int64_t(const Cell&)>& vision_tokens);

} // namespace microfiche::sweep
