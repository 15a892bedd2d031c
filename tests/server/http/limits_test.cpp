#include "server/http/memory_budget.h"
#include "server/http/work_slots.h"

#include "server/http/api_error.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>

namespace microfiche::server {
namespace {

using namespace std::chrono_literals;

/// The status of the error that a call throws; 0 if it throws none.
int status_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ApiError& error) {
    return error.status;
  }
  return 0;
}

TEST(MemoryBudgetTest, RefusesWhatAllRequestsTogetherMayNotHold) {
  MemoryBudget budget(100);
  MemoryBudget::Share first(budget);
  MemoryBudget::Share second(budget);
  first.add(60);

  EXPECT_EQ(status_of([&] { second.add(41); }), 503);
  EXPECT_EQ(status_of([&] { second.add(40); }), 0);
}

TEST(MemoryBudgetTest, WhatIsGivenBackCanBeHeldAgain) {
  MemoryBudget budget(100);
  MemoryBudget::Share waiting(budget);
  {
    MemoryBudget::Share first(budget);
    first.add(80);
    first.give_back(30);
    waiting.add(50);
    EXPECT_EQ(status_of([&] { waiting.add(1); }), 503);
  }

  EXPECT_EQ(status_of([&] { waiting.add(50); }), 0);
}

TEST(MemoryBudgetTest, WaitingDoesNotHelpARequestThatNeedsMoreThanAll) {
  MemoryBudget budget(100);
  MemoryBudget::Share share(budget);
  share.add(60);

  EXPECT_EQ(status_of([&] { share.add(60); }), 413);
}

TEST(WorkSlotsTest, GivesUpWhenNoSlotBecomesFree) {
  WorkSlots slots(2, 1ms);
  const WorkSlots::Slot first(slots);
  std::optional<WorkSlots::Slot> second(std::in_place, slots);

  EXPECT_EQ(status_of([&] { const WorkSlots::Slot third(slots); }), 503);
  second.reset();
  EXPECT_EQ(status_of([&] { const WorkSlots::Slot third(slots); }), 0);
}

} // namespace
} // namespace microfiche::server
