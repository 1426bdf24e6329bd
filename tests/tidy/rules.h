// The rules of the house, as functions of the text of the tree.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::test {

struct SourceFile {
  std::string path;  ///< from the top of the tree
  std::vector<std::string> lines;

  bool is_header() const { return path.ends_with(".h"); }
  bool is_code() const { return is_header() || path.ends_with(".cpp"); }
};

struct Violation {
  std::string path;
  std::size_t line;  ///< from 1; 0: the whole file
  std::string words;
};

/// "path:line: words"
std::string to_string(const Violation& violation);

using Tree = std::vector<SourceFile>;

/// All of them, in the order of the tree.
std::vector<Violation> violations_of(const Tree& tree);

/// What may be longer than the rules allow, and is not.
void check_exceptions(const Tree& tree, std::vector<Violation>& found);

/// The rules, in a file for each sort. `found` takes what `file` does wrong.
void check_arrows(const SourceFile& file, std::vector<Violation>& found);
void check_homes(const SourceFile& file, std::vector<Violation>& found);
void check_purity(const SourceFile& file, std::vector<Violation>& found);
void check_own_header_first(const SourceFile& file, const Tree& tree,
                            std::vector<Violation>& found);
void check_words(const SourceFile& file, std::vector<Violation>& found);
void check_shape(const SourceFile& file, std::vector<Violation>& found);
void check_citations(const Tree& tree, std::vector<Violation>& found);
void check_constants(const Tree& tree, std::vector<Violation>& found);
void check_readmes(const Tree& tree, std::vector<Violation>& found);

/// One #include.
struct Include {
  std::size_t line;
  std::string target;  ///< without quotes or brackets
  bool ours;           ///< in quotes
};
std::vector<Include> includes_of(const SourceFile& file);

/// Is `word` in `text` where no letter touches it? Capitals count as given.
bool has_word(std::string_view text, std::string_view word);

}  // namespace pawl::test
