// The admin contract's types to and from the wire.
#pragma once

#include "attestors/base/status.h"
#include "plugin/core/admin/backend.h"
#include "svidence_admin.pb.h"

namespace svidence {

// Both directions stand together so that they are changed together.

void ToWire(const admin::StatusReport& report, admin::v1::GetStatusResponse* wire);
admin::StatusReport FromWire(const admin::v1::GetStatusResponse& wire);

void ToWire(const admin::Registration& registration, admin::v1::RegisterAgentRequest* wire);
admin::Registration FromWire(const admin::v1::RegisterAgentRequest& wire);

void ToWire(const admin::AgentInfo& info, admin::v1::Agent* wire);
admin::AgentInfo FromWire(const admin::v1::Agent& wire);

void ToWire(const admin::RevokePreview& preview, admin::v1::PreviewRevokeResponse* wire);
admin::RevokePreview FromWire(const admin::v1::PreviewRevokeResponse& wire);

void ToWire(const admin::RevokeReport& report, admin::v1::RevokeResponse* wire);
admin::RevokeReport FromWire(const admin::v1::RevokeResponse& wire);

void ToWire(const admin::LedgerInfo& info, admin::v1::GetLedgerInfoResponse* wire);
// Errors: Internal if a digest has another length: the server is of another kind.
StatusOr<admin::LedgerInfo> FromWire(const admin::v1::GetLedgerInfoResponse& wire);

void ToWire(const admin::Erasure& erasure, admin::v1::EraseSponsorRequest* wire);
admin::Erasure FromWire(const admin::v1::EraseSponsorRequest& wire);

void ToWire(const admin::Erased& erased, admin::v1::EraseSponsorResponse* wire);
admin::Erased FromWire(const admin::v1::EraseSponsorResponse& wire);

void ToWire(const admin::KeyRotation& rotation, admin::v1::RotateKeyRequest* wire);
admin::KeyRotation FromWire(const admin::v1::RotateKeyRequest& wire);

void ToWire(const admin::Rotated& rotated, admin::v1::RotateKeyResponse* wire);
admin::Rotated FromWire(const admin::v1::RotateKeyResponse& wire);

void ToWire(const admin::EntryQuery& query, admin::v1::ListEntriesRequest* wire);
// Errors: InvalidArgument on a negative page size; 0 is the largest page.
StatusOr<admin::EntryQuery> FromWire(const admin::v1::ListEntriesRequest& wire);

void ToWire(const admin::VerifyReport& report, admin::v1::VerifyLedgerResponse::Result* wire);
// Errors: as LedgerInfo.
StatusOr<admin::VerifyReport> FromWire(const admin::v1::VerifyLedgerResponse::Result& wire);

// Of an agents' or entries' page. Errors: InvalidArgument on a negative one; 0 is
// the largest.
StatusOr<std::size_t> PageSizeFromWire(std::int32_t page_size);

}  // namespace svidence
