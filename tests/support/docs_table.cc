#include "tests/support/docs_table.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

namespace svidence::testing {
namespace {

std::string Trim(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// "| a | b |" -> {"a", "b"}
std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cell += line[++i];
    } else if (line[i] == '|') {
      cells.push_back(Trim(cell));
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  return cells;
}

std::ifstream OpenPage(std::string_view page) {
  return std::ifstream(std::string(SVIDENCE_DOCS_DIR "/").append(page));
}

[[noreturn]] void Missing(std::string_view page, std::string_view what) {
  std::cerr << SVIDENCE_DOCS_DIR "/" << page << " lacks: " << what << '\n';
  std::abort();
}

}  // namespace

std::vector<std::vector<std::string>> ReadDocsTable(std::string_view page,
                                                    std::string_view heading) {
  std::ifstream file = OpenPage(page);
  std::string line;
  while (std::getline(file, line) && line != heading) {
  }
  while (std::getline(file, line) && !line.starts_with('|')) {
  }
  std::getline(file, line);  // the rule below the header
  std::vector<std::vector<std::string>> rows;
  while (std::getline(file, line) && line.starts_with('|')) rows.push_back(Cells(line));
  if (rows.empty()) Missing(page, heading);
  return rows;
}

std::string ReadDocsBlock(std::string_view page, std::string_view start, std::string_view end) {
  std::ifstream file = OpenPage(page);
  std::string line;
  while (std::getline(file, line) && line != start) {
  }
  std::string block;
  while (std::getline(file, line) && line != end) block += line + '\n';
  if (!file || block.empty()) Missing(page, start);
  return block;
}

}  // namespace svidence::testing
