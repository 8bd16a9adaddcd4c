#include "plugin/core/claims/jwt_payload.h"

#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"

namespace svidence::claims {
namespace {

using Tree = nlohmann::json;

constexpr double kMaxWhole = 9007199254740992.0;  // 2^53: doubles are exact below

// Null if there is no such member, or it is null.
const Tree* Find(const Tree& object, const std::string& key) {
  const auto at = object.find(key);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

Status WrongType(const std::string& key, std::string_view wanted) {
  return InvalidArgument("token: member " + Quote(key) + " must be " + std::string(wanted));
}

StatusOr<std::string> ReadText(const Tree& object, const std::string& key) {
  const Tree* member = Find(object, key);
  if (member == nullptr) return std::string();
  const auto* text = member->get_ptr<const std::string*>();
  if (text == nullptr) return WrongType(key, "a string");
  return *text;
}

StatusOr<std::optional<std::int64_t>> ReadWhole(const Tree& object, const std::string& key) {
  const Tree* member = Find(object, key);
  if (member == nullptr) return std::optional<std::int64_t>();
  if (!member->is_number()) return WrongType(key, "a number");
  const auto value = member->get<double>();
  if (!(std::abs(value) < kMaxWhole) || std::trunc(value) != value) {
    return WrongType(key, "a whole number below 2^53");
  }
  return std::optional<std::int64_t>(static_cast<std::int64_t>(value));
}

StatusOr<std::vector<std::string>> ReadAudience(const Tree& object) {
  std::vector<std::string> audience;
  const Tree* member = Find(object, "aud");
  if (member == nullptr) return audience;
  if (const auto* one = member->get_ptr<const std::string*>()) {
    audience.push_back(*one);
    return audience;
  }
  if (!member->is_array()) return WrongType("aud", "a string or a list of strings");
  if (member->size() > kMaxAudiences) {
    return InvalidArgument("token: at most " + std::to_string(kMaxAudiences) +
                           " audiences are read, got " + std::to_string(member->size()));
  }
  for (const Tree& element : *member) {
    const auto* text = element.get_ptr<const std::string*>();
    if (text == nullptr) return WrongType("aud", "a string or a list of strings");
    audience.push_back(*text);
  }
  return audience;
}

StatusOr<std::optional<JwtClaimCopy>> ReadRecord(const Tree& object, const std::string& claim) {
  const Tree* member = Find(object, claim);
  if (member == nullptr) return std::optional<JwtClaimCopy>();
  if (!member->is_object()) return WrongType(claim, "an object");
  JwtClaimCopy copy;
  SVIDENCE_ASSIGN_OR_RETURN(copy.entry, ReadText(*member, "entry"));
  SVIDENCE_ASSIGN_OR_RETURN(copy.agent, ReadText(*member, "agent"));
  SVIDENCE_ASSIGN_OR_RETURN(copy.trust_score, ReadWhole(*member, "trust_score"));
  SVIDENCE_ASSIGN_OR_RETURN(copy.scope, ReadWhole(*member, "scope"));
  SVIDENCE_ASSIGN_OR_RETURN(copy.proof, ReadText(*member, "proof"));
  return std::optional<JwtClaimCopy>(std::move(copy));
}

StatusOr<std::string> DecodePayload(std::string_view token) {
  if (token.size() > kMaxTokenBytes) {
    return InvalidArgument("token must have at most " + std::to_string(kMaxTokenBytes) +
                           " bytes, got " + std::to_string(token.size()));
  }
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return InvalidArgument("token must have three parts with a dot between");
  }
  StatusOr<std::string> text = Base64UrlDecode(token.substr(first + 1, second - first - 1));
  if (!text.ok()) return Annotate(text.status(), "token: payload");
  return text;
}

}  // namespace

StatusOr<JwtPayload> ReadJwtPayload(std::string_view token, const std::string& claim) {
  SVIDENCE_ASSIGN_OR_RETURN(const std::string text, DecodePayload(token));
  const Tree tree = Tree::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!tree.is_object()) return InvalidArgument("token: its payload is not a JSON object");
  JwtPayload payload;
  SVIDENCE_ASSIGN_OR_RETURN(payload.subject, ReadText(tree, "sub"));
  SVIDENCE_ASSIGN_OR_RETURN(payload.audience, ReadAudience(tree));
  SVIDENCE_ASSIGN_OR_RETURN(payload.issued_at, ReadWhole(tree, "iat"));
  SVIDENCE_ASSIGN_OR_RETURN(payload.expires_at, ReadWhole(tree, "exp"));
  SVIDENCE_ASSIGN_OR_RETURN(payload.jti, ReadText(tree, "jti"));
  SVIDENCE_ASSIGN_OR_RETURN(payload.record, ReadRecord(tree, claim));
  return payload;
}

}  // namespace svidence::claims
