#include "sweep/run/work_list.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace microfiche::sweep {
namespace {

/// The key that pieces are sorted by.
using SortKey = std::tuple<size_t, size_t, int64_t, size_t>;

/// Numbers keys from 0 in the order of their first appearance.
class KeyNumbers {
 public:
  size_t operator()(const std::string& key) {
    return numbers_.emplace(key, numbers_.size()).first->second;
  }

 private:
  std::map<std::string, size_t> numbers_;
};

bool is_first_with_its_blank(const std::vector<Cell>& cells, size_t number) {
  const auto blank = blank_of(cells[number]);
  return std::none_of(
      cells.begin(),
      cells.begin() + static_cast<std::ptrdiff_t>(number),
      [&](const Cell& before) { return belongs_to(blank, before); });
}

} // namespace

WorkList::WorkList(
    const std::vector<Cell>& cells,
    const std::vector<int64_t>& pages,
    int64_t batch_pages,
    bool blanks)
    : cells_(cells) {
  KeyNumbers readers;
  KeyNumbers same_pages;
  std::vector<std::pair<SortKey, Piece>> sorted;
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto& cell = cells[i];
    cell_numbers_.emplace(name_of(cell), i);
    finished_.emplace_back(pages[i], false);
    piece_of_.emplace_back(pages[i]);
    const size_t reader = readers(concat(
        cell.model.value_or(""),
        "\n",
        cell.dtype.value_or(""),
        "\n",
        cell.window.value_or(0)));
    const size_t group = same_pages(name_of(page_coordinates(cell)));
    for (int64_t first = 0; first < pages[i]; first += batch_pages) {
      sorted.push_back(
          {{reader, group, first, i},
           {i, first, false, std::min(batch_pages, pages[i] - first)}});
    }
    if (blanks && is_first_with_its_blank(cells, i)) {
      constexpr auto kLast = std::numeric_limits<int64_t>::max();
      sorted.push_back({{reader, group, kLast, i}, {i, 0, true, 1}});
    }
  }
  std::sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) {
    return a.first < b.first;
  });
  for (const auto& [key, piece] : sorted) {
    if (!piece.is_blank) {
      std::fill_n(
          piece_of_[piece.cell].begin() + piece.first,
          piece.left,
          pieces_.size());
    }
    pieces_.push_back(piece);
  }
  num_unfinished_ = static_cast<int64_t>(pieces_.size());
}

int64_t WorkList::num_finished(size_t cell) const {
  return std::count(finished_[cell].begin(), finished_[cell].end(), true);
}

void WorkList::finish_one_of(size_t piece) {
  num_unfinished_ -= --pieces_[piece].left == 0;
}

bool WorkList::finish(const Sample& sample) {
  const auto found = cell_numbers_.find(name_of(sample.cell));
  if (found == cell_numbers_.end()) {
    return false;
  }
  const auto page = static_cast<size_t>(sample.index);
  auto& finished = finished_[found->second];
  if (page >= finished.size() || finished[page]) {
    return false;
  }
  finished[page] = true;
  finish_one_of(piece_of_[found->second][page]);
  return true;
}

bool WorkList::finish(const BlankReading& blank) {
  for (size_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].is_blank && pieces_[i].left > 0 &&
        belongs_to(blank, cells_[pieces_[i].cell])) {
      finish_one_of(i);
      return true;
    }
  }
  return false;
}

} // namespace microfiche::sweep
