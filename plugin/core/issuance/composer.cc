#include "plugin/core/issuance/composer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <string_view>
#include <utility>

#include "attestors/base/encoding.h"
#include "attestors/base/json.h"
#include "attestors/base/quote.h"
#include "plugin/core/claims/issuance.h"
#include "plugin/core/claims/jwt_claim.h"
#include "plugin/core/claims/x509_extension.h"
#include "plugin/core/registry/records.h"

namespace svidence::issuance {
namespace {

constexpr std::int64_t kMillis = 1000;
constexpr std::size_t kJtiRandomBytes = 16;

std::size_t MaxEntryBytes(const ledger::EntryDraft& draft) {
  return kMaxCommonBytes + draft.type.size() + draft.by.size() + draft.subject.size() +
         draft.agent.size() + draft.members.size();
}

Status CheckFits(const ledger::EntryDraft& draft) {
  const std::size_t size = MaxEntryBytes(draft);
  if (size <= claims::kMaxIssuedEntryBytes) return OkStatus();
  return InvalidArgument("SPIFFE ID of " + std::to_string(draft.subject.size()) +
                         " bytes is too long: its ledger entry must have at most " +
                         std::to_string(claims::kMaxIssuedEntryBytes) +
                         " bytes to fit the certificate's extension beside a proof, and may have " +
                         std::to_string(size) + "; use a shorter path");
}

// nullopt: none could be made, and the settings say that it may be missing.
std::optional<std::string_view> ProofOf(const ledger::AppendResult& result) {
  if (result.proof.empty()) return std::nullopt;
  return result.proof;
}

Status CheckTime(std::string_view claim, std::int64_t seconds) {
  if (seconds >= 0 && seconds <= registry::kMaxUnixSeconds) return OkStatus();
  return InvalidArgument("claim " + Quote(claim) + " must be 0.." +
                         std::to_string(registry::kMaxUnixSeconds) + ", got " +
                         std::to_string(seconds));
}

Status CheckJwt(const JwtRequest& request) {
  SVIDENCE_RETURN_IF_ERROR(CheckTime("iat", request.issued_at));
  SVIDENCE_RETURN_IF_ERROR(CheckTime("exp", request.expires_at));
  if (request.audience.empty()) return InvalidArgument("claim \"aud\" must name an audience");
  std::size_t bytes = 0;
  for (const std::string& one : request.audience) bytes += one.size();
  if (bytes > kMaxAudienceBytes) {
    return InvalidArgument("claim \"aud\" must have at most " + std::to_string(kMaxAudienceBytes) +
                           " bytes in all, got " + std::to_string(bytes));
  }
  if (request.jti.size() > kMaxJtiBytes || !IsUtf8(request.jti)) {
    return InvalidArgument("claim \"jti\" must be UTF-8 of at most " +
                           std::to_string(kMaxJtiBytes) + " bytes, got " +
                           std::to_string(request.jti.size()));
  }
  return OkStatus();
}

Status CheckX509(const X509Request& request) {
  if (!request.spki_der.empty() && request.spki_der.size() <= kMaxSpkiBytes) return OkStatus();
  return InvalidArgument("public key must have 1.." + std::to_string(kMaxSpkiBytes) +
                         " bytes, got " + std::to_string(request.spki_der.size()));
}

}  // namespace

// What calls share; lives as long as the last of them.
class Composer::Core {
 public:
  Core(Ports ports, ComposerSettings settings)
      : ports_(ports), settings_(std::move(settings)), by_("server:" + settings_.server_id) {}

  const Ports& ports() const { return ports_; }
  const IdRules& ids() const { return settings_.ids; }
  const std::string& by() const { return by_; }

  // May this identity be issued now? Gives what is known of it: a default
  // Issuance if it is registered nowhere.
  StatusOr<claims::Issuance> Admit(const SpiffeId& id, IdClass id_class,
                                   std::string_view agent) const {
    if (ports_.registry.IsRevoked(id.text())) {
      return PermissionDenied("identity " + Quote(id.text(), kMaxSpiffeIdBytes) +
                              " is revoked; restore it with \"svidence restore\"");
    }
    claims::Issuance issuance;
    if (id_class != IdClass::kAgent) return issuance;
    const std::shared_ptr<const registry::Agent> record =
        agent.empty() ? nullptr : ports_.registry.Find(agent);
    if (record != nullptr) {
      issuance.trust = record->trust;
      issuance.sponsor = record->sponsor;
      issuance.scope = record->scope;
    } else if (settings_.unregistered == Unregistered::kDeny) {
      return PermissionDenied("no agent of identity " + Quote(id.text(), kMaxSpiffeIdBytes) +
                              " is registered and unregistered = \"deny\"; register it with "
                              "\"svidence agent register\"");
    }
    return issuance;
  }

  bool proof_optional() const { return settings_.proof_optional; }

  std::int64_t DeadlineOf(const CallLimits& limits) const {
    const std::int64_t ours = ports_.clock.MonotonicMillis() + settings_.timeout_millis;
    return limits.deadline_millis == 0 ? ours : std::min(ours, limits.deadline_millis);
  }

  // Counted before the caller is told, so that who has an answer finds it counted.
  template <typename Addition>
  void Refuse(const Done<Addition>& done, const Status& error) {
    ++refused_;
    done(error);
  }
  template <typename Addition>
  void Pass(const Done<Addition>& done) {
    ++passed_;
    done(std::optional<Addition>{});
  }
  void CountX509() { ++x509_; }
  void CountJwt() { ++jwt_; }
  void CountUnregistered() { ++unregistered_; }

  ComposerStats Stats() const {
    return {.x509 = x509_,
            .jwt = jwt_,
            .unregistered = unregistered_,
            .refused = refused_,
            .passed = passed_};
  }

 private:
  const Ports ports_;
  const ComposerSettings settings_;
  const std::string by_;
  std::atomic<std::uint64_t> x509_ = 0;
  std::atomic<std::uint64_t> jwt_ = 0;
  std::atomic<std::uint64_t> unregistered_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> passed_ = 0;
};

// One composition on its way through the ledger. After Submit it belongs to the
// committer's threads, one at a time.
class Composer::Call {
 public:
  Call(std::shared_ptr<Core> core, const SpiffeId& id, IdClass id_class, CallLimits limits)
      : core_(std::move(core)),
        id_(id),
        id_class_(id_class),
        agent_(id_class == IdClass::kAgent ? registry::AgentNameOf(id, core_->ids().agent_prefix)
                                           : std::string_view{}),
        limits_(std::move(limits)) {}
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  static void Submit(const std::shared_ptr<Call>& call) {
    const Status verdict = call->Judge().status();
    if (!verdict.ok()) {
      call->Answer(verdict);
      return;
    }
    ledger::AppendRequest request;
    request.make = [call] { return call->Make(); };
    request.done = [call](const StatusOr<ledger::AppendResult>& result) { call->Answer(result); };
    request.deadline_millis = call->core_->DeadlineOf(call->limits_);
    request.wants_proof = !call->leaves_unchanged();
    request.proof_optional = call->core_->proof_optional();
    call->core_->ports().committer.Submit(std::move(request));
  }

 protected:
  virtual std::string_view type() const = 0;
  virtual std::string Members(const claims::Issuance& issuance) const = 0;
  virtual void Answer(const StatusOr<ledger::AppendResult>& result) = 0;

  Core& core() const { return *core_; }
  const std::string& agent() const { return agent_; }
  const claims::Issuance& issuance() const { return issuance_; }

  // Infrastructure is on the record, but what it presents says nothing of trust.
  bool leaves_unchanged() const { return id_class_ == IdClass::kInfrastructure; }

  void CountIfUnregistered() const {
    if (id_class_ == IdClass::kAgent && !issuance_.trust) core_->CountUnregistered();
  }

 private:
  StatusOr<claims::Issuance> Judge() const {
    if (limits_.cancelled && limits_.cancelled()) {
      return Status(StatusCode::kCancelled, "the caller has gone; nothing was issued");
    }
    return core_->Admit(id_, id_class_, agent_);
  }

  // The last gate, on the committer's thread.
  StatusOr<ledger::EntryDraft> Make() {
    SVIDENCE_ASSIGN_OR_RETURN(issuance_, Judge());
    issuance_.now = std::max<std::int64_t>(core_->ports().clock.UnixMillis() / kMillis, 0);
    ledger::EntryDraft draft;
    draft.type = type();
    draft.by = core_->by();
    draft.subject = id_.text();
    draft.agent = agent_;
    draft.members = Members(issuance_);
    SVIDENCE_RETURN_IF_ERROR(CheckFits(draft));
    return draft;
  }

  std::shared_ptr<Core> core_;
  SpiffeId id_;
  IdClass id_class_;
  std::string agent_;
  CallLimits limits_;
  claims::Issuance issuance_;
};

class Composer::X509Call final : public Call {
 public:
  X509Call(std::shared_ptr<Core> core, IdClass id_class, const X509Request& request,
           Done<X509Addition> done)
      : Call(std::move(core), request.id, id_class, request.limits), done_(std::move(done)) {
    spki_ = Call::core().ports().hasher.Sha256({request.spki_der});
  }

 private:
  std::string_view type() const override { return "issue.x509"; }
  std::string Members(const claims::Issuance& issuance) const override {
    return claims::X509Members(issuance, spki_);
  }
  void Answer(const StatusOr<ledger::AppendResult>& result) override {
    if (!result.ok()) return core().Refuse(done_, result.status());
    if (leaves_unchanged()) {
      core().CountX509();
      return done_(std::optional<X509Addition>());
    }
    StatusOr<std::string> der = claims::EncodeX509Extension(result->entry, ProofOf(*result));
    if (!der.ok()) return core().Refuse(done_, der.status());
    core().CountX509();
    CountIfUnregistered();
    done_(std::optional(X509Addition{.extension_der = *std::move(der), .index = result->index}));
  }

  Digest spki_{};
  Done<X509Addition> done_;
};

class Composer::JwtCall final : public Call {
 public:
  JwtCall(std::shared_ptr<Core> core, IdClass id_class, const JwtRequest& request,
          Done<JwtAddition> done)
      : Call(std::move(core), request.id, id_class, request.limits), done_(std::move(done)) {
    const Ports& ports = Call::core().ports();
    binding_.audience = claims::AudienceDigest(ports.hasher, request.audience);
    binding_.issued_at = request.issued_at;
    binding_.expires_at = request.expires_at;
    binding_.jti = request.jti;
    if (binding_.jti.empty() && !leaves_unchanged()) {
      std::array<std::uint8_t, kJtiRandomBytes> bytes{};
      ports.random.Fill(bytes);
      binding_.jti = Base64UrlEncode(bytes);
    }
  }

 private:
  std::string_view type() const override { return "issue.jwt"; }
  std::string Members(const claims::Issuance& issuance) const override {
    return claims::JwtMembers(issuance, binding_);
  }
  void Answer(const StatusOr<ledger::AppendResult>& result) override {
    if (!result.ok()) return core().Refuse(done_, result.status());
    core().CountJwt();
    if (leaves_unchanged()) return done_(std::optional<JwtAddition>());
    CountIfUnregistered();
    done_(std::optional(JwtAddition{
        .claim_json = claims::JwtClaim(issuance(), agent(), result->entry, ProofOf(*result)),
        .jti = binding_.jti,
        .index = result->index}));
  }

  claims::JwtBinding binding_;
  Done<JwtAddition> done_;
};

Composer::Composer(Ports ports, ComposerSettings settings)
    : core_(std::make_shared<Core>(ports, std::move(settings))) {}

void Composer::ComposeX509(const X509Request& request, Done<X509Addition> done) {
  const StatusOr<IdClass> id_class = core_->ids().Classify(request.id, request.spki_der);
  if (!id_class.ok()) return core_->Refuse(done, id_class.status());
  if (!IsLogged(*id_class)) return core_->Pass(done);
  const Status check = CheckX509(request);
  if (!check.ok()) return core_->Refuse(done, check);
  Call::Submit(std::make_shared<X509Call>(core_, *id_class, request, std::move(done)));
}

void Composer::ComposeJwt(const JwtRequest& request, Done<JwtAddition> done) {
  const StatusOr<IdClass> id_class = core_->ids().Classify(request.id, {});
  if (!id_class.ok()) return core_->Refuse(done, id_class.status());
  if (!IsLogged(*id_class)) return core_->Pass(done);
  const Status check = CheckJwt(request);
  if (!check.ok()) return core_->Refuse(done, check);
  Call::Submit(std::make_shared<JwtCall>(core_, *id_class, request, std::move(done)));
}

ComposerStats Composer::Stats() const { return core_->Stats(); }

}  // namespace svidence::issuance
