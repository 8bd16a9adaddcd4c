#include "plugin/core/ledger/log_signer.h"

#include <utility>

#include "attestors/base/encoding.h"
#include "attestors/base/quote.h"
#include "plugin/core/ledger/note/checkpoint.h"
#include "plugin/core/ledger/note/signed_note.h"

namespace svidence::ledger {

void LogSigner::Prepare(OwnKey next) {
  const std::lock_guard lock(mutex_);
  prepared_.push_back(std::move(next));
  if (prepared_.size() > kMaxPrepared) prepared_.pop_front();
}

Status LogSigner::CheckChange(const EntryDraft& change) const {
  KeySchedule schedule = this->schedule();
  return schedule.Apply(hasher_, verifier_,
                        {.place = {.index = schedule.current().first_size},
                         .type = change.type,
                         .by = change.by,
                         .subject = change.subject,
                         .agent = change.agent,
                         .members = change.members});
}

void LogSigner::OnCommitted(const Entry& entry) {
  if (entry.type != kKeyChangedType) return;
  const std::lock_guard lock(mutex_);
  previous_ = std::exchange(current_, std::nullopt);
  // What was committed counts, though CheckChange should have kept it out.
  if (!schedule_.Apply(hasher_, verifier_, entry).ok()) return;
  for (OwnKey& key : prepared_) {
    if (key.vkey == schedule_.current().key.vkey) current_ = key;
  }
  prepared_.clear();
}

std::vector<std::shared_ptr<const NoteSigner>> LogSigner::SignersAt(std::uint64_t size) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const NoteSigner>> signers;
  if (!current_) return signers;
  if (previous_ && size == schedule_.current().first_size) signers.push_back(previous_->signer);
  if (size > schedule_.current().first_size) previous_.reset();
  signers.push_back(current_->signer);
  return signers;
}

namespace {

Status NotHere() {
  return FailedPrecondition("the log's key was changed to one that this server does not hold");
}

}  // namespace

StatusOr<std::string> LogSigner::SignNote(std::string_view text) const {
  const std::optional<OwnKey> key = current();
  return key ? key->signer->SignNote(text) : NotHere();
}

StatusOr<std::string> LogSigner::SignTree(std::uint64_t size, const Digest& root) const {
  const std::vector<std::shared_ptr<const NoteSigner>> signers = SignersAt(size);
  if (signers.empty()) return NotHere();
  const NoteSigner& current = *signers.back();
  SVIDENCE_ASSIGN_OR_RETURN(
      std::string note,
      SignCheckpoint(current, {.origin = current.name(), .size = size, .root = root}));
  for (std::size_t i = 0; i + 1 < signers.size(); ++i) {
    // The text is what stands before the empty line.
    const std::string_view text = std::string_view(note).substr(0, note.find("\n\n") + 1);
    const StatusOr<Signature> old = signers[i]->Sign(text);
    if (!old.ok()) continue;
    AppendSignatureLine(note, {.name = signers[i]->name(),
                               .key_id = signers[i]->key_id(),
                               .bytes = std::string(TextOf(*old))});
  }
  return note;
}

bool LogSigner::may_wait() const {
  const std::lock_guard lock(mutex_);
  return (current_ && current_->signer->may_wait()) || (previous_ && previous_->signer->may_wait());
}

KeySchedule LogSigner::schedule() const {
  const std::lock_guard lock(mutex_);
  return schedule_;
}

std::optional<OwnKey> LogSigner::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace svidence::ledger
