//! A stand-in for the program of Squads v4 in the bank, at its address. It is not that program,
//! which is not built here and whose licence is another one: it does with accounts and messages
//! what the published layouts say, and nothing more. It knows members who may start something, the
//! order of numbers, the hash of a buffer, votes and the threshold, and that only what is approved is
//! executed; time locks and changes of the members it does not know.
//!
//! What it shows is that a message that was stored is what Homeostat takes from a vault: it calls
//! the instructions of the message, signing with the vault, from the top of a transaction. That
//! the bytes are those of the program itself is compared in `crates/chain/tests/squads.rs` with what
//! the program's own package writes.

use homeostat_chain::squads::accounts::{Buffer, Proposal, Right, Status, VaultTransaction};
use homeostat_chain::squads::layout::{self, Bytes};
use homeostat_chain::squads::{Compiled, Multisig};
use homeostat_sandbox::solana_program::{
    account_info::AccountInfo, entrypoint::ProgramResult, hash::hash, instruction::Instruction,
    program::invoke_signed, program_error::ProgramError, pubkey::Pubkey, rent::Rent,
    sysvar::Sysvar,
};
use solana_system_interface::{instruction::create_account, program as system};

/// Where a multisig's account has the number of its latest transaction.
pub const NUMBER_AT: usize = 8 + 32 + 32 + 2 + 4;
/// Where a proposal's account has its status.
pub const STATUS_AT: usize = 8 + 32 + 8;
/// Where it has its votes.
const VOTES_AT: usize = STATUS_AT + 1 + 8 + 1;

/// Errors with the numbers of the program.
#[derive(Clone, Copy)]
enum Refused {
    Unauthorized = 6_004,
    NotAMember = 6_005,
    InvalidTransactionMessage = 6_006,
    StaleProposal = 6_007,
    InvalidProposalStatus = 6_008,
    InvalidTransactionIndex = 6_009,
    AlreadyApproved = 6_010,
    AlreadyRejected = 6_011,
    InvalidInstructionArgs = 6_040,
    FinalBufferHashMismatch = 6_041,
    FinalBufferSizeExceeded = 6_042,
}

impl From<Refused> for ProgramError {
    fn from(refused: Refused) -> Self {
        Self::Custom(refused as u32)
    }
}

const INVALID: ProgramError = ProgramError::InvalidInstructionData;

fn require(holds: bool, refused: Refused) -> ProgramResult {
    holds.then_some(()).ok_or(refused.into())
}

/// The multisig of an account, where `creator` signs and may start something.
fn multisig(account: &AccountInfo, creator: &AccountInfo) -> Result<Multisig, ProgramError> {
    let multisig = Multisig::decode(*account.key, &account.data.borrow()).ok_or(INVALID)?;
    let may = multisig.require_initiator(creator.key).is_ok();
    require(creator.is_signer && may, Refused::Unauthorized)?;
    Ok(multisig)
}

/// Creates an account of the program at the address of these seeds.
fn make(
    id: &Pubkey,
    accounts: &[AccountInfo],
    (payer, at): (&AccountInfo, &AccountInfo),
    seeds: &[&[u8]],
    data: &[u8],
) -> ProgramResult {
    let (address, bump) = Pubkey::find_program_address(seeds, id);
    require(address == *at.key, Refused::InvalidTransactionIndex)?;
    let rent = Rent::get()?.minimum_balance(data.len());
    let create = create_account(payer.key, at.key, rent, data.len() as u64, id);
    let bump = [bump];
    let seeds = [seeds, &[&bump]].concat();
    invoke_signed(&create, accounts, &[&seeds])?;
    at.data.borrow_mut().copy_from_slice(data);
    Ok(())
}

/// Closes an account; its lamports go to `to`.
fn close(account: &AccountInfo, to: &AccountInfo) -> ProgramResult {
    **to.lamports.borrow_mut() += account.lamports();
    **account.lamports.borrow_mut() = 0;
    account.resize(0)?;
    account.assign(&system::ID);
    Ok(())
}

fn list(bytes: &[u8]) -> Vec<u8> {
    let count = u32::try_from(bytes.len()).expect("a list");
    [&count.to_le_bytes()[..], bytes].concat()
}

/// A message as the program stores it.
fn stored(message: &Compiled) -> Vec<u8> {
    let count = |length: usize| u32::try_from(length).expect("a list").to_le_bytes();
    let mut bytes = vec![
        message.signers,
        message.writable_signers,
        message.writable_others,
    ];
    bytes.extend(count(message.keys.len()));
    bytes.extend(message.keys.iter().flat_map(|key| key.to_bytes()));
    bytes.extend(count(message.calls.len()));
    for call in &message.calls {
        bytes.push(call.program);
        bytes.extend(list(&call.accounts));
        bytes.extend(list(&call.data));
    }
    bytes.extend(count(0));
    bytes
}

/// A proposal's account.
pub fn proposal(multisig: &Pubkey, number: u64, status: u8, approved: &[Pubkey]) -> Vec<u8> {
    let mut bytes = layout::PROPOSAL.to_vec();
    bytes.extend(multisig.to_bytes());
    bytes.extend(number.to_le_bytes());
    bytes.push(status);
    bytes.extend(1_700_000_000i64.to_le_bytes());
    bytes.push(255);
    bytes.extend(u32::try_from(approved.len()).expect("a list").to_le_bytes());
    bytes.extend(approved.iter().flat_map(|key| key.to_bytes()));
    // Nobody rejects or cancels.
    bytes.extend([0; 8]);
    bytes
}

/// The arguments of a vault transaction: vault, message.
fn arguments(data: &[u8]) -> Option<(u8, Vec<u8>)> {
    let mut bytes = Bytes(data);
    let [vault, _ephemeral] = bytes.take()?;
    let count = bytes.count()?;
    Some((vault, bytes.slice(count)?.to_vec()))
}

fn create(id: &Pubkey, accounts: &[AccountInfo], data: &[u8], buffered: bool) -> ProgramResult {
    let [at, transaction, creator, payer, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let multisig = multisig(at, creator)?;
    let (vault_index, mut message) = arguments(data).ok_or(INVALID)?;
    if buffered {
        require(message == [0; 6], Refused::InvalidInstructionArgs)?;
        let buffer = Buffer::decode(&accounts[5].data.borrow()).ok_or(INVALID)?;
        let whole = hash(&buffer.bytes).to_bytes() == buffer.hash;
        require(whole, Refused::FinalBufferHashMismatch)?;
        message = buffer.bytes;
    }
    let compiled = Compiled::read(&message).ok_or(Refused::InvalidTransactionMessage)?;
    let number = multisig.next();
    let mut account = layout::VAULT_TRANSACTION.to_vec();
    account.extend(multisig.address.to_bytes());
    account.extend(creator.key.to_bytes());
    account.extend(number.to_le_bytes());
    account.extend([255, vault_index, 255]);
    account.extend(list(&[]));
    account.extend(stored(&compiled));
    let (address, number) = (multisig.address.to_bytes(), number.to_le_bytes());
    let seeds: [&[u8]; 4] = [b"multisig", &address, b"transaction", &number];
    make(id, accounts, (payer, transaction), &seeds, &account)?;
    at.data.borrow_mut()[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&number);
    if buffered {
        // As the program does: when all else is done.
        close(&accounts[5], &accounts[6])?;
    }
    Ok(())
}

fn open(id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let [at, proposed, creator, payer, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let multisig = multisig(at, creator)?;
    let (number, draft) = data.split_first_chunk::<8>().ok_or(INVALID)?;
    let count = u64::from_le_bytes(*number);
    let fits = count <= multisig.transaction_index && count > multisig.stale_index;
    require(fits && draft == [0], Refused::InvalidTransactionIndex)?;
    let address = multisig.address.to_bytes();
    let seeds: [&[u8]; 5] = [b"multisig", &address, b"transaction", number, b"proposal"];
    let mut active = proposal(&multisig.address, count, 1, &[]);
    // Room for three lists of all members.
    active.resize(active.len() + 3 * 32 * multisig.members.len(), 0);
    make(id, accounts, (payer, proposed), &seeds, &active)
}

/// A member's approval or rejection.
fn vote(accounts: &[AccountInfo], approves: bool) -> ProgramResult {
    let [at, member, proposed, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let multisig = Multisig::decode(*at.key, &at.data.borrow()).ok_or(INVALID)?;
    let known = multisig.members.iter().any(|it| it.key == *member.key);
    require(member.is_signer && known, Refused::NotAMember)?;
    require(
        multisig.lets(member.key, Right::Vote),
        Refused::Unauthorized,
    )?;
    let mut proposal = Proposal::decode(&proposed.data.borrow()).ok_or(INVALID)?;
    require(
        proposal.index > multisig.stale_index,
        Refused::StaleProposal,
    )?;
    require(
        proposal.status == Status::Active,
        Refused::InvalidProposalStatus,
    )?;
    let (own, other, twice) = match approves {
        true => (
            &mut proposal.approved,
            &mut proposal.rejected,
            Refused::AlreadyApproved,
        ),
        false => (
            &mut proposal.rejected,
            &mut proposal.approved,
            Refused::AlreadyRejected,
        ),
    };
    require(!own.contains(member.key), twice)?;
    own.push(*member.key);
    other.retain(|key| key != member.key);
    let voters = multisig.members.iter().filter(|it| it.may(Right::Vote));
    let threshold = usize::from(multisig.threshold);
    let status = if proposal.approved.len() >= threshold {
        3
    } else if proposal.rejected.len() > voters.count() - threshold {
        2
    } else {
        1
    };
    let keys = |keys: &[Pubkey]| {
        let count = u32::try_from(keys.len()).expect("a list").to_le_bytes();
        let keys = keys.iter().flat_map(|key| key.to_bytes());
        count.into_iter().chain(keys).collect::<Vec<u8>>()
    };
    let votes = [
        keys(&proposal.approved),
        keys(&proposal.rejected),
        keys(&[]),
    ]
    .concat();
    let mut data = proposed.data.borrow_mut();
    data[STATUS_AT] = status;
    data[VOTES_AT..VOTES_AT + votes.len()].copy_from_slice(&votes);
    Ok(())
}

fn buffer_create(id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let [at, buffer, creator, payer, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let multisig = multisig(at, creator)?;
    let (head, first) = data.split_at(2 + 32 + 2);
    let size = usize::from(u16::from_le_bytes([head[34], head[35]]));
    let first = &first[4..];
    let fits = size <= 4_000 && first.len() <= size;
    require(fits, Refused::FinalBufferSizeExceeded)?;
    let mut account = layout::TRANSACTION_BUFFER.to_vec();
    account.extend(multisig.address.to_bytes());
    account.extend(creator.key.to_bytes());
    account.extend(head);
    account.extend(list(first));
    account.resize(account.len() + size - first.len(), 0);
    let (address, member) = (multisig.address.to_bytes(), creator.key.to_bytes());
    let seeds: [&[u8]; 5] = [
        b"multisig",
        &address,
        b"transaction_buffer",
        &member,
        &head[..1],
    ];
    make(id, accounts, (payer, buffer), &seeds, &account)
}

/// Where a buffer's account has the number of its bytes.
const COUNT_AT: usize = 8 + 32 + 32 + 2 + 32 + 2;

fn buffer_extend(accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let there = Buffer::decode(&accounts[1].data.borrow()).ok_or(INVALID)?;
    let bytes = [&there.bytes, &data[4..]].concat();
    let fits = bytes.len() <= usize::from(there.size);
    require(fits, Refused::FinalBufferSizeExceeded)?;
    let list = list(&bytes);
    accounts[1].data.borrow_mut()[COUNT_AT..COUNT_AT + list.len()].copy_from_slice(&list);
    Ok(())
}

fn execute(id: &Pubkey, accounts: &[AccountInfo]) -> ProgramResult {
    let [at, proposed, transaction, member, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    require(member.is_signer, Refused::Unauthorized)?;
    let proposal = Proposal::decode(&proposed.data.borrow()).ok_or(INVALID)?;
    let approved = proposal.status == Status::Approved;
    require(approved, Refused::InvalidProposalStatus)?;
    let stored = VaultTransaction::decode(&transaction.data.borrow()).ok_or(INVALID)?;
    let seeds: [&[u8]; 4] = [
        b"multisig",
        at.key.as_ref(),
        b"vault",
        &[stored.vault_index],
    ];
    let (_, bump) = Pubkey::find_program_address(&seeds, id);
    let bump = [bump];
    let seeds = [&seeds[..], &[&bump]].concat();
    let calls: Vec<Instruction> = stored.message.instructions().ok_or(INVALID)?;
    for call in &calls {
        invoke_signed(call, accounts, &[&seeds])?;
    }
    proposed.data.borrow_mut()[STATUS_AT] = 5;
    Ok(())
}

/// The program.
pub fn process(id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (name, rest) = data.split_first_chunk::<8>().ok_or(INVALID)?;
    match *name {
        layout::TRANSACTION_CREATE => create(id, accounts, rest, false),
        layout::CREATE_FROM_BUFFER => create(id, accounts, rest, true),
        layout::PROPOSAL_CREATE => open(id, accounts, rest),
        layout::PROPOSAL_APPROVE => vote(accounts, true),
        layout::PROPOSAL_REJECT => vote(accounts, false),
        layout::BUFFER_CREATE => buffer_create(id, accounts, rest),
        layout::BUFFER_EXTEND => buffer_extend(accounts, rest),
        layout::BUFFER_CLOSE => close(&accounts[1], &accounts[2]),
        layout::TRANSACTION_EXECUTE => execute(id, accounts),
        _ => Err(INVALID),
    }
}
