#include "core/error.h"
#include "memory/sweep/conversation_sweep.h"

#include <algorithm>
#include <functional>

namespace microfiche::memory {
namespace {

/// Processor time that the pages of a row took, and their text.
double pages_seconds(const GrowthRow& row) {
  return row.layout_time.processor_seconds + row.plan_time.processor_seconds +
      row.build.encode_time.processor_seconds +
      row.context->change.time.processor_seconds +
      row.context->answer.processor_seconds;
}

double text_seconds(const GrowthRow& row) {
  return row.text->change.time.processor_seconds +
      row.text->answer.processor_seconds;
}

/// A row with sums over the rows of its conversation up to it.
struct SummedRow {
  const GrowthRow* row = nullptr;
  int64_t prefilled = 0;
  int64_t without = 0;
  double pages = 0;
  double text = 0;
};

bool begins_conversation(const std::vector<GrowthRow>& rows, size_t i) {
  return i == 0 || rows[i].turns <= rows[i - 1].turns;
}

std::vector<SummedRow> sum_up(const std::vector<GrowthRow>& rows) {
  std::vector<SummedRow> sums;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    SummedRow sum = begins_conversation(rows, i) ? SummedRow() : sums.back();
    sum.row = &row;
    sum.prefilled += row.positions - row.unchanged_prefix;
    sum.without += row.positions;
    sum.pages += row.context ? pages_seconds(row) : 0;
    sum.text += row.text ? text_seconds(row) : 0;
    sums.push_back(sum);
  }
  return sums;
}

struct Column {
  std::string title;
  std::function<std::string(const SummedRow&)> text;
};

std::string seconds(double value) {
  return fixed(value, 3);
}

/// Wall and processor time, for a time that may not have been measured.
template <typename Time>
void add_times(std::vector<Column>& columns, const char* what, const Time& of) {
  for (const bool processor : {false, true}) {
    columns.push_back(
        {concat(what, processor ? " cpu s" : " s"),
         [of, processor](const SummedRow& sum) -> std::string {
           const std::optional<MeasuredTime> time = of(*sum.row);
           return !time
               ? "-"
               : seconds(processor ? time->processor_seconds : time->seconds);
         }});
  }
}

/// Columns that every sweep has.
std::vector<Column> common_columns() {
  const auto of_row = [](const auto& value) {
    return [value](const SummedRow& sum) { return concat(value(*sum.row)); };
  };
  std::vector<Column> columns = {
      {"conversation", of_row([](auto& row) { return row.cell.conversation; })},
      {"policy", of_row([](auto& row) { return row.cell.policy; })},
      {"budget", of_row([](auto& row) { return row.cell.budget; })},
      {"seed", of_row([](auto& row) { return row.seed; })},
      {"turns", of_row([](auto& row) { return row.turns; })},
      {"pages", of_row([](auto& row) { return row.pages; })},
      {"positions", of_row([](auto& row) { return row.positions; })},
      {"text positions", of_row([](auto& row) { return row.text_positions; })},
      {"KV bytes", of_row([](auto& row) { return row.kv_bytes; })},
      {"encoded", of_row([](auto& row) { return row.build.encoded; })},
      {"reused", of_row([](auto& row) { return row.build.reused; })}};
  add_times(columns, "encode", [](const GrowthRow& row) {
    return std::optional(row.build.encode_time);
  });
  columns.insert(
      columns.end(),
      {{"unchanged prefix",
        of_row([](auto& row) { return row.unchanged_prefix; })},
       {"prefilled, sum",
        [](const SummedRow& sum) { return concat(sum.prefilled); }},
       {"prefilled without reuse, sum",
        [](const SummedRow& sum) { return concat(sum.without); }},
       {"text appended, sum",
        of_row([](auto& row) { return row.text_positions; })},
       {"token bytes", of_row([](auto& row) { return row.token_bytes; })}});
  add_times(columns, "layout", [](const GrowthRow& row) {
    return std::optional(row.layout_time);
  });
  add_times(columns, "plan", [](const GrowthRow& row) {
    return std::optional(row.plan_time);
  });
  return columns;
}

/// Columns of what the decoder did.
void add_context_columns(std::vector<Column>& columns) {
  columns.push_back({"kept", [](const SummedRow& sum) {
                       return concat(sum.row->context->change.kept);
                     }});
  columns.push_back({"prefilled", [](const SummedRow& sum) {
                       return concat(sum.row->context->change.prefilled);
                     }});
  add_times(columns, "prefill", [](const GrowthRow& row) {
    return std::optional(row.context->change.time);
  });
  add_times(columns, "prefill again", [](const GrowthRow& row) {
    return row.anew ? std::optional(row.anew->time) : std::nullopt;
  });
  add_times(columns, "answer", [](const GrowthRow& row) {
    return std::optional(row.context->answer);
  });
  add_times(columns, "text prefill", [](const GrowthRow& row) {
    return row.text ? std::optional(row.text->change.time) : std::nullopt;
  });
  add_times(columns, "text answer", [](const GrowthRow& row) {
    return row.text ? std::optional(row.text->answer) : std::nullopt;
  });
  columns.push_back({"pages cpu s, sum", [](const SummedRow& sum) {
                       return seconds(sum.pages);
                     }});
  columns.push_back(
      {"text cpu s, sum", [](const SummedRow& sum) -> std::string {
         return sum.row->text ? seconds(sum.text) : "-";
       }});
}

} // namespace

Table growth_table(const std::vector<GrowthRow>& rows) {
  auto columns = common_columns();
  if (!rows.empty() && rows.front().context) {
    add_context_columns(columns);
  }
  Table table;
  for (const auto& column : columns) {
    table.header.push_back(column.title);
  }
  for (const auto& sum : sum_up(rows)) {
    table.rows.emplace_back();
    for (const auto& column : columns) {
      table.rows.back().push_back(column.text(sum));
    }
  }
  return table;
}

std::vector<BreakEven> break_even(const std::vector<GrowthRow>& rows) {
  std::vector<BreakEven> found;
  const auto sums = sum_up(rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    if (!row.context || !row.text) {
      continue;
    }
    if (begins_conversation(rows, i) || found.empty()) {
      found.push_back({row.cell, row.seed, std::nullopt, 0});
    }
    auto& last = found.back();
    last.last_turns = row.turns;
    if (sums[i].pages > sums[i].text) {
      last.turns.reset();
    } else if (!last.turns) {
      last.turns = row.turns;
    }
  }
  return found;
}

} // namespace microfiche::memory
