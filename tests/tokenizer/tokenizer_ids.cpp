#include "tokenizer/tokenizer.h"

#include "core/json.h"

#include <iostream>
#include <string>

// Converts {"text": ...} lines on stdin to lists of ids with a tokenizer.json.

int main(int argc, char** argv) {
  using namespace microfiche;
  if (argc != 2) {
    std::cerr << "usage: tokenizer_ids tokenizer.json\n";
    return 2;
  }
  const auto tokenizer = tokenizer::Tokenizer::load(argv[1]);
  for (std::string line; std::getline(std::cin, line);) {
    const auto text = parse_json(line, "line")["text"].get<std::string>();
    std::cout << Json(tokenizer.encode(text)).dump() << '\n';
  }
}
