#include "workflows/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "workflows/cloud_text.h"

namespace pawl {

namespace {

constexpr std::size_t listed_max = 5;
/// In the store no text means no tag. Who has this very text as a value shares its bound.
constexpr std::string_view empty_value = "(empty)";

std::string in_backquotes(std::string_view text) {
  return fmt::format("`{}`", cloud::one_line(text, 80));
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string describe(const Select& select) {
  std::vector<std::string> parts;
  if (!select.name.empty()) parts.push_back("name " + in_backquotes(select.name));
  for (const auto& [key, value] : select.tags) {
    parts.push_back(fmt::format("tag {}={}", cloud::one_line(key, 40), cloud::one_line(value, 40)));
  }
  if (select.version) parts.push_back("version " + select.version->text);
  return fmt::format("{}", fmt::join(parts, ", "));
}

/// "orders-1 (id), orders-2 (id) and 3 more"
std::string list_of(const std::vector<const Member*>& members) {
  std::string list;
  for (std::size_t i = 0; i < std::min(members.size(), listed_max); ++i) {
    const Member& member = *members[i];
    if (i > 0) list += ", ";
    list += member.name.empty()
                ? cloud::one_line(member.id, 80)
                : fmt::format("{} ({})", cloud::one_line(member.name, 80), member.id);
  }
  if (members.size() > listed_max) list += fmt::format(" and {} more", members.size() - listed_max);
  return list;
}

enum class Holds : std::uint8_t { no, yes, untold };

Holds tags_hold(const Select& select, const Candidate& candidate) {
  if (select.tags.empty()) return Holds::yes;
  if (candidate.tags_left_out) return Holds::untold;
  const auto has = [&candidate](const auto& tag) {
    return std::find(candidate.tags.begin(), candidate.tags.end(), tag) != candidate.tags.end();
  };
  return std::all_of(select.tags.begin(), select.tags.end(), has) ? Holds::yes : Holds::no;
}

Holds version_holds(const Select& select, const Candidate& candidate) {
  if (!select.version) return Holds::yes;
  const auto version = cloud::parse_version(candidate.version);
  if (!version) return Holds::untold;
  if (!cloud::matches(*version, select.version->version)) return Holds::no;
  return version->count >= select.version->version.count ? Holds::yes : Holds::untold;
}

/// What a select asks about and the list leaves out of an instance.
struct Gaps {
  bool tags = false, version = false;
  auto operator<=>(const Gaps&) const = default;
  bool any() const { return tags || version; }
};

/// The gaps behind which `select` may hold for `candidate`; nothing where it holds or does not.
Gaps gaps_in(const Select& select, const Candidate& candidate) {
  if (!select.name.empty() && !glob_matches(select.name, candidate.name)) return {};
  const Holds tags = tags_hold(select, candidate), version = version_holds(select, candidate);
  if (tags == Holds::no || version == Holds::no) return {};
  return {tags == Holds::untold, version == Holds::untold};
}

std::string_view words_of_gaps(const Gaps& gaps) {
  if (gaps.tags && gaps.version) return "tags and full version";
  return gaps.tags ? "tags" : "full version";
}

class Resolver {
 public:
  Resolver(const Plan& plan, std::span<const Candidate> candidates, const Ids* only)
      : plan_(plan), candidates_(candidates), only_(only) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (!considered(candidates[i].id)) continue;
      if (!by_id_.emplace(candidates[i].id, fleet_.size()).second) continue;
      fleet_.push_back({candidates[i].id, candidates[i].name, 0, i, "", candidates[i].dr_role,
                        candidates[i].listed});
      by_name_[candidates[i].name].push_back(fleet_.size() - 1);
    }
    add_unknown_ids();
    taken_.assign(fleet_.size(), false);
    gaps_.assign(fleet_.size(), {});
    for (const InstanceRule& rule : plan.instances)
      mark(rule, "instances", taken_);
    excluded_.assign(fleet_.size(), false);
    for (const InstanceRule& rule : plan.exclude)
      mark(rule, "exclude", excluded_, &gaps_);
    leave_out();
  }

  Selection finish() && {
    assign_waves();
    Selection selection{{}, std::move(left_out_), std::move(mistakes_), {}};
    std::vector<Member>& members = selection.members;
    for (std::size_t i = 0; i < fleet_.size(); ++i) {
      if (!taken_[i]) continue;
      (unplaced_[i] ? selection.unplaced : members).push_back(std::move(fleet_[i]));
    }
    std::stable_sort(members.begin(), members.end(),
                     [](const Member& a, const Member& b) { return a.wave < b.wave; });
    return selection;
  }

 private:
  using Marks = std::vector<bool>;

  bool considered(const std::string& id) const { return only_ == nullptr || only_->contains(id); }

  /// Something of the plan matches nothing.
  void no_match(std::string_view line) {
    if (only_ == nullptr) mistake(line);
  }
  void mistake(std::string_view line) {
    if (!mistakes_.empty()) mistakes_ += '\n';
    mistakes_ += line;
  }

  void add_unknown_ids() {
    for (const InstanceRule& rule : plan_.instances) {
      for (const std::string& id : rule.ids) {
        if (!considered(id)) continue;
        if (by_id_.emplace(id, fleet_.size()).second) fleet_.push_back({id, "", 0, std::nullopt});
      }
    }
  }

  bool selected(const Select& select, const Member& member) const {
    return member.candidate && selects(select, candidates_[*member.candidate]);
  }

  /// With `gaps`, what the list leaves out of instances that a select may hold for as well.
  void mark(const InstanceRule& rule, std::string_view key, Marks& marks,
            std::vector<Gaps>* gaps = nullptr) {
    for (const std::string& id : rule.ids) {
      const auto found = by_id_.find(id);
      if (found == by_id_.end()) {
        no_match(
            fmt::format("`{}`: no instance of the fleet or the plan has the id {}; mend or "
                        "remove it",
                        key, in_backquotes(id)));
      } else {
        marks[found->second] = true;
      }
    }
    for (const std::string& name : rule.names) {
      if (!mark_name(name, marks)) {
        no_match(fmt::format("`{}`: no instance is called {}; mend or remove it", key,
                             in_backquotes(name)));
      }
    }
    if (!rule.select) return;
    bool any = false;
    for (std::size_t i = 0; i < fleet_.size(); ++i) {
      if (selected(*rule.select, fleet_[i])) marks[i] = any = true;
      if (gaps != nullptr) any = note_gaps(*rule.select, fleet_[i], (*gaps)[i]) || any;
    }
    if (!any) {
      no_match(fmt::format("`{}`: the select ({}) matches no instance; mend or remove it", key,
                           describe(*rule.select)));
    }
  }

  bool note_gaps(const Select& select, const Member& member, Gaps& gaps) const {
    if (!member.candidate) return false;
    const Gaps found = gaps_in(select, candidates_[*member.candidate]);
    gaps = {gaps.tags || found.tags, gaps.version || found.version};
    return found.any();
  }

  /// Takes away what is excluded, and what may be.
  void leave_out() {
    std::map<Gaps, std::vector<const Member*>> untold;
    for (std::size_t i = 0; i < fleet_.size(); ++i) {
      if (taken_[i] && !excluded_[i] && gaps_[i].any()) untold[gaps_[i]].push_back(&fleet_[i]);
      taken_[i] = taken_[i] && !excluded_[i] && !gaps_[i].any();
    }
    for (const auto& [gaps, members] : untold) {
      left_out_ += fmt::format(
          "{}`exclude` leaves out {} as well: the cloud's list does not give their {}, so they may "
          "be meant; exclude by ids or names to have them in",
          left_out_.empty() ? "" : "\n", list_of(members), words_of_gaps(gaps));
    }
  }

  bool mark_name(const std::string& name, Marks& marks) {
    bool any = false;
    if (name.find_first_of("*?") == std::string::npos) {
      const auto found = by_name_.find(name);
      if (found == by_name_.end()) return false;
      for (const std::size_t i : found->second)
        marks[i] = any = true;
      return any;
    }
    for (std::size_t i = 0; i < fleet_.size(); ++i) {
      if (!fleet_[i].candidate || !glob_matches(name, fleet_[i].name)) continue;
      marks[i] = any = true;
    }
    return any;
  }

  /// The one wave that takes `member`; a second one is a clash.
  std::optional<std::uint32_t> wave_of(const Member& member) {
    bool clash = false;
    const std::vector<Wave>& waves = plan_.waves;
    const auto last = static_cast<std::uint32_t>(waves.size() - 1);
    std::optional<std::uint32_t> wave;
    for (std::uint32_t i = 0; i < waves.size(); ++i) {
      if (!waves[i].select || !selected(*waves[i].select, member)) continue;
      met_[i] = true;
      if (wave) clashes_[{*wave, i}].push_back(&member);
      clash = clash || wave;
      if (!wave) wave = i;
    }
    if (!wave && (!waves.back().select || !member.candidate)) wave = last;
    if (wave) met_[*wave] = true;
    if (!wave) left_over_.push_back(&member);
    return clash ? std::nullopt : wave;
  }

  void put_into(std::uint32_t wave, Member& member) {
    member.wave = wave;
    const auto& spread = plan_.waves[wave].spread;
    if (!spread || !member.candidate) return;
    for (const auto& [key, value] : candidates_[*member.candidate].tags) {
      if (key == spread->tag) member.spread = value.empty() ? empty_value : value;
    }
  }

  void assign_waves() {
    met_.assign(plan_.waves.size(), false);
    unplaced_.assign(fleet_.size(), false);
    for (std::size_t i = 0; i < fleet_.size(); ++i) {
      if (!taken_[i]) continue;
      const auto wave = wave_of(fleet_[i]);
      if (wave) put_into(*wave, fleet_[i]);
      unplaced_[i] = !wave;
    }
    for (const auto& [waves, members] : clashes_) {
      mistake(fmt::format("the waves {} and {} both select {}; an instance goes in one wave",
                          in_backquotes(plan_.waves[waves.first].name),
                          in_backquotes(plan_.waves[waves.second].name), list_of(members)));
    }
    if (!left_over_.empty()) {
      mistake(
          fmt::format("no wave takes {}; add a wave without `select` as the last one, or "
                      "exclude them",
                      list_of(left_over_)));
    }
    for (std::size_t i = 0; i < met_.size(); ++i) {
      if (met_[i]) continue;
      no_match(
          fmt::format("the wave {} has no instance of this plan; mend its `select`, or remove "
                      "the wave",
                      in_backquotes(plan_.waves[i].name)));
    }
  }

  const Plan& plan_;
  std::span<const Candidate> candidates_;
  const Ids* only_;
  std::vector<Member> fleet_;  ///< the candidates, then ids that only the plan knows
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  Marks taken_, excluded_, unplaced_;
  std::vector<Gaps> gaps_;  ///< that keep an exclude from being sure
  std::string left_out_;    ///< for these gaps, in words
  Marks met_;               ///< waves that something goes in
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<const Member*>> clashes_;
  std::vector<const Member*> left_over_;
  std::string mistakes_;
};

}  // namespace

bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0, t = 0;
  std::size_t star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() && glob[g] == '?') {
      ++g;
      ++t;
      while (t < text.size() && continues_character(text[t]))
        ++t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == std::string_view::npos;
}

bool selects(const Select& select, const Candidate& candidate) {
  if (!select.name.empty() && !glob_matches(select.name, candidate.name)) return false;
  return tags_hold(select, candidate) == Holds::yes &&
         version_holds(select, candidate) == Holds::yes;
}

Result<Selection> resolve(const Plan& plan, std::span<const Candidate> candidates,
                          const Ids* only) {
  Selection selection = resolve_in_part(plan, candidates, only);
  if (selection.mistakes.empty()) return selection;
  if (!selection.left_out.empty()) {  // which may be why nothing is left
    selection.mistakes += '\n' + selection.left_out;
  }
  return Error{Fault::usage, std::move(selection.mistakes)};
}

Selection resolve_in_part(const Plan& plan, std::span<const Candidate> candidates,
                          const Ids* only) {
  check(!plan.waves.empty(), "a plan without waves");
  return Resolver(plan, candidates, only).finish();
}

}  // namespace pawl
