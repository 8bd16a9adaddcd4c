// `svidence completion bash|zsh`: scripts generated from the commands as they are.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "plugin/cli/commands.h"

namespace svidence::cli {
namespace {

struct Word {
  std::string text;
  std::string about;
};

struct ValueOption {
  std::string name;
  std::vector<std::string> choices;  // none: a file or free text
  bool is_path = false;
};

// One command, e.g. "svidence agent register", and what may follow.
struct Node {
  std::string path;
  std::vector<Word> words;
};

struct Tree {
  std::vector<Node> nodes;
  std::vector<ValueOption> values;
};

// What stands before ":" is ours, behind it CLI11 describes its checks.
std::vector<std::string> Choices(std::string type) {
  type.erase(std::min(type.find(':'), type.size()));
  std::vector<std::string> choices;
  if (type.find('|') == std::string::npos) return choices;
  for (std::size_t at = 0; at <= type.size();) {
    const std::size_t bar = std::min(type.find('|', at), type.size());
    choices.push_back(type.substr(at, bar - at));
    at = bar + 1;
  }
  return choices;
}

void AddOptions(const CLI::App& app, Node& node, Tree& tree) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames().empty()) {  // positional
      for (const std::string& choice : Choices(option->get_type_name())) {
        node.words.push_back({choice, option->get_description()});
      }
      continue;
    }
    const std::string name = "--" + option->get_lnames().front();
    node.words.push_back({name, option->get_description()});
    if (option->get_items_expected_max() == 0) continue;
    const std::string type = option->get_type_name();
    const bool is_path = type == "PATH" || type == "DIR" || type == "FILE";
    tree.values.push_back({name, Choices(type), is_path});
  }
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as our groups of commands
void Collect(const CLI::App& app, const std::string& path, Tree& tree) {
  Node node{path, {}};
  const auto children = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* child : children) {
    node.words.push_back({child->get_name(), child->get_description()});
  }
  // Options of the groups above are accepted below them too.
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    Tree unused;
    const std::size_t before = node.words.size();
    AddOptions(*at, node, at == &app ? tree : unused);
    if (at != &app)
      std::erase_if(node.words, [&, i = std::size_t{0}](const Word& w) mutable {
        return i++ >= before && w.text == "--help";
      });
  }
  tree.nodes.push_back(std::move(node));
  for (const CLI::App* child : children) Collect(*child, path + ' ' + child->get_name(), tree);
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// "a"|"b" of all commands below the first.
std::string Paths(const Tree& tree) {
  std::string text;
  for (std::size_t i = 1; i < tree.nodes.size(); ++i) {
    text += (i == 1 ? "\"" : "|\"") + tree.nodes[i].path + '"';
  }
  return text;
}

std::string ValueCases(const Tree& tree, const std::string& choose, const std::string& files) {
  std::string text;
  for (const ValueOption& option : tree.values) {
    if (!option.choices.empty()) {
      std::string line = choose;
      line.replace(line.find('@'), 1, Joined(option.choices));
      text += "    " + option.name + ") " + line + "; return ;;\n";
    } else {
      text += "    " + option.name + ") " + (option.is_path ? files : ":") + "; return ;;\n";
    }
  }
  return text;
}

std::string Bash(const Tree& tree) {
  std::string text =
      "# bash completion of svidence; load it by: source <(svidence completion bash)\n"
      "_svidence() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} path=svidence words='' i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"$path ${COMP_WORDS[i]}\" in\n"
      "      " +
      Paths(tree) +
      ") path=\"$path ${COMP_WORDS[i]}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n";
  text += ValueCases(tree, "mapfile -t COMPREPLY < <(compgen -W '@' -- \"$cur\")",
                     "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")");
  text += "  esac\n  case \"$path\" in\n";
  for (const Node& node : tree.nodes) {
    std::vector<std::string> words;
    for (const Word& word : node.words) words.push_back(word.text);
    text += "    \"" + node.path + "\") words='" + Joined(words) + "' ;;\n";
  }
  return text +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "}\n"
         "complete -o default -F _svidence svidence\n";
}

// For _describe, inside single quotes: "word:about".
std::string Described(const Word& word) {
  std::string text = word.text + ':';
  for (const char c : word.about) {
    if (c == ':') text += '\\';
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return '\'' + text + '\'';
}

std::string Zsh(const Tree& tree) {
  std::string text =
      "#compdef svidence\n"
      "# zsh completion of svidence; load it by: source <(svidence completion zsh)\n"
      "_svidence() {\n"
      "  local at=svidence word\n"
      "  local -a items\n"
      "  for word in ${words[2,CURRENT-1]}; do\n"
      "    case \"$at $word\" in\n"
      "      " +
      Paths(tree) +
      ") at=\"$at $word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"${words[CURRENT-1]}\" in\n";
  text += ValueCases(tree, "compadd -- @", "_files");
  text += "  esac\n  case \"$at\" in\n";
  for (const Node& node : tree.nodes) {
    text += "    \"" + node.path + "\") items=(";
    for (const Word& word : node.words) text += Described(word) + ' ';
    text += ") ;;\n";
  }
  return text +
         "  esac\n"
         "  _describe -t commands svidence items || _files\n"
         "}\n"
         "if [[ ${funcstack[1]} == _svidence ]]; then _svidence \"$@\"; else compdef _svidence "
         "svidence; fi\n";
}

}  // namespace

void AddCompletion(CLI::App& app, Context& context) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* completion = app.add_subcommand("completion", "Print the completion script of a shell");
  completion->footer("Example:\n  source <(svidence completion bash)");
  completion->add_option("SHELL", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}).description(""))
      ->type_name("bash|zsh");
  completion->callback([&app, &context, shell] {
    context.run = [&app, &context, shell]() -> Outcome {
      Tree tree;
      Collect(app, "svidence", tree);
      context.env.out << (*shell == "bash" ? Bash(tree) : Zsh(tree));
      return kOk;
    };
  });
}

}  // namespace svidence::cli
