// What a comment cites, a rule by its number or a document by its name, can be looked up in the
// tree.
#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "tests/tidy/rules.h"

namespace pawl::test {

namespace {

constexpr std::array<std::string_view, 2> cited_pages{"engine/DECISIONS.md", "workflows/CLOUD.md"};
/// Each as it is written of one and of more.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> cited_kinds{
    {{"law", "laws"}, {"decision", "decisions"}, {"trap", "traps"}, {"cloud-api", "cloud-api"}}};

struct Word {
  std::string text;  ///< without the marks around it
  std::size_t line;
  bool begins = false;  ///< something new, in brackets or quotes
  bool pauses = false;  ///< a comma comes behind it
  bool ends = false;    ///< no list goes on behind it
};

std::vector<Word> words_of(const SourceFile& file) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    std::istringstream line(file.lines[i]);
    for (std::string text; line >> text;) {
      if (text == "//" || text == "///" || text == "///<") continue;
      const std::size_t begin = std::min(text.find_first_not_of("(\"'`*"), text.size());
      text.erase(0, begin);
      const std::size_t end = text.find_last_not_of(",.;:)\"'`*") + 1;
      const bool pauses = text.find(',', end) != std::string::npos;
      const bool ends = text.find_first_of(".;:)\"'`", end) != std::string::npos;
      text.erase(end);
      words.push_back({text, i + 1, begin > 0, pauses, ends});
    }
  }
  return words;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 6 && std::isdigit(static_cast<unsigned char>(text[0])) &&
         text.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<std::string_view> kind_of(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  for (const auto& [one, more] : cited_kinds)
    if (text == one || text == more) return one;
  return std::nullopt;
}

struct Citation {
  std::string what;  ///< "law 2"
  std::size_t line;
};

/// "decisions 2 to 4 and 7": each of them.
std::vector<Citation> citations_of(const SourceFile& file) {
  const std::vector<Word> words = words_of(file);
  std::vector<Citation> cited;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto kind = kind_of(words[i].text);
    if (!kind || words[i].pauses || words[i].ends) continue;
    int last = 0;
    bool up_to = false;
    for (std::size_t at = i + 1; at < words.size(); ++at) {
      const std::string& text = words[at].text;
      if (text == "and" || text == "section" || text == "sections") continue;
      if (text == "to" && last > 0) {
        up_to = true;
        continue;
      }
      if (words[at].begins || !is_number(text)) break;
      const int number = std::stoi(text);
      for (int between = last + 1; up_to && between < number; ++between)
        cited.push_back({std::string(*kind) + ' ' + std::to_string(between), words[at].line});
      cited.push_back({std::string(*kind) + ' ' + text, words[at].line});
      last = number;
      up_to = false;
      if (words[at].ends) break;
    }
  }
  return cited;
}

/// The documents that a source names: "contract.md".
std::vector<Citation> documents_of(const SourceFile& file) {
  std::vector<Citation> named;
  for (const Word& word : words_of(file)) {
    const std::size_t ending = word.text.find(".md");
    if (ending == std::string::npos || ending == 0) continue;
    const std::size_t begin = word.text[0] == '/' ? 1 : 0;
    named.push_back({word.text.substr(begin, ending + 3 - begin), word.line});
  }
  return named;
}

bool has_document(const Tree& tree, const std::string& name) {
  return std::any_of(tree.begin(), tree.end(), [&name](const SourceFile& file) {
    return file.path == name || file.path.ends_with('/' + name);
  });
}

}  // namespace

void check_citations(const Tree& tree, std::vector<Violation>& found) {
  std::set<std::string> known;
  for (const SourceFile& file : tree) {
    if (std::find(cited_pages.begin(), cited_pages.end(), file.path) == cited_pages.end()) continue;
    for (const std::string& line : file.lines) {
      if (line.starts_with("| ")) known.insert(line.substr(2, line.find(" |") - 2));
    }
  }
  for (const SourceFile& file : tree) {
    if (file.path.starts_with("tests/tidy/")) continue;
    const auto documents = file.is_code() ? documents_of(file) : std::vector<Citation>{};
    for (const Citation& document : documents) {
      if (known.contains(document.what) || has_document(tree, document.what)) continue;
      found.push_back({file.path, document.line, document.what + " is in no folder of the tree"});
    }
    for (const Citation& citation : citations_of(file)) {
      if (known.contains(citation.what)) continue;
      found.push_back(
          {file.path, citation.line,
           citation.what + " is in neither engine/DECISIONS.md nor workflows/CLOUD.md"});
    }
  }
}

}  // namespace pawl::test
