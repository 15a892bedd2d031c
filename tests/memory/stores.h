#pragma once

#include "core/error.h"
#include "core/files.h"
#include "memory/import.h"
#include "memory/lay_out.h"
#include "memory/store.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace microfiche::tests {

/// A folder with a store.
class StoreTest : public ::testing::Test {
 protected:
  std::filesystem::path path() const {
    return folder.path() / "my.db";
  }

  memory::Store open(
      memory::Store::Mode mode = memory::Store::Mode::kCreate) const {
    return memory::Store(path(), mode);
  }

  /// Turns of one conversation, users and assistants in turn.
  static void add(
      memory::Store& store,
      const std::string& conversation,
      const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      memory::Turn turn;
      turn.text = text;
      memory::add_turn(store, conversation, turn, /*now_ms=*/0);
    }
  }

  /// Imports a file with this content.
  memory::ImportReport import(
      memory::Store& store,
      const std::string& content,
      memory::ImportOptions options = {}) const {
    write_file(folder.path() / "input", content);
    return memory::import_file(store, folder.path() / "input", options);
  }

  static std::vector<std::string> texts(
      memory::Store& store,
      const std::string& conversation) {
    std::vector<std::string> list;
    const auto found = memory::find_conversation(store, conversation);
    for (const auto& turn : memory::turns(store, found.id)) {
      list.push_back(turn.text);
    }
    return list;
  }

  /// The names of the derived files with this end.
  std::set<std::string> files(const std::string& extension = ".png") const {
    std::set<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(
             path().string() + ".files", ignored)) {
      if (entry.path().extension() == extension) {
        names.insert(entry.path().filename());
      }
    }
    return names;
  }

  tests::TemporaryFolder folder;
};

/// A page of 240 x 100 px with four lines of about 20 characters.
inline memory::LayoutConfig small_layout() {
  memory::LayoutConfig layout;
  auto& style = layout.page_style;
  style.page_width_px = 240;
  style.page_height_px = 100;
  style.margin_top_px = 8;
  style.margin_right_px = 8;
  style.margin_bottom_px = 8;
  style.margin_left_px = 8;
  style.font = "DejaVu Sans Mono";
  style.font_size_px = 16;
  style.line_height = 1.25;
  return layout;
}

} // namespace microfiche::tests
