"""Names, trades, places and subjects from which the demo firm is made; all invented, numbers from drama ranges."""

from __future__ import annotations

FIRST_NAMES = (
    "Amelia", "Oliver", "Priya", "Daniel", "Grace", "Samuel", "Niamh", "Thomas", "Aisha", "George", "Eleanor", "Jack",
    "Yusuf", "Charlotte", "Harry", "Mei", "Rebecca", "Owen", "Zainab", "Peter", "Isla", "Matthew", "Chloe", "Rajesh",
    "Hannah", "Callum", "Sofia", "Edward", "Fatima", "Luke", "Beatrice", "Marcus", "Ingrid", "Tobias", "Leila", "Simon",
    "Harriet", "Dominic", "Anya", "Patrick", "Rosalind", "Kwame", "Imogen", "Stefan", "Nadia", "Hugh", "Freya",
    "Adeola",
    "Martin", "Siobhan", "Victor", "Clara", "Ethan", "Miriam", "Julian", "Olwen", "Gareth", "Bronwen", "Rhys", "Zoë",
)  # fmt: skip

LAST_NAMES = (
    "Whitfield", "Okafor", "Brennan", "Lindqvist", "Hargreaves", "Patel", "Sinclair", "Ashworth", "Delacroix", "Nguyen",
    "Thornbury", "Khan", "Ellison", "Rutherford", "Mbeki", "Fairweather", "Goldsmith", "Iyer", "Jarvis", "Kowalski",
    "Langley", "Montague", "Novak", "O'Rourke", "Prescott", "Quayle", "Redfern", "Stanhope", "Tremayne", "Underhill",
    "Vance", "Wetherby", "Yardley", "Abbot", "Barlow", "Chaudhry", "Dunmore", "Everett", "Fitzgerald", "Grantham",
    "Holloway", "Ibrahim", "Jessop", "Kershaw", "Lovell", "Merrick", "Nightingale", "Osborne", "Penhaligon",
    "Radcliffe",
    "Sorensen", "Talbot", "Upton", "Verma", "Winslow", "Yates", "Adeyemi", "Bellamy", "Carrington", "Dufresne",
)  # fmt: skip

# Industry, then the trade words that end a client's name.
TRADES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Construction", ("Builders", "Roofing", "Joinery", "Groundworks")),
    ("Retail", ("Homeware", "Books", "Outfitters", "Garden Centres")),
    ("Hospitality", ("Inns", "Catering", "Bakeries", "Coffee Roasters")),
    ("Healthcare", ("Dental Care", "Physiotherapy", "Pharmacy", "Opticians")),
    ("Technology", ("Software", "Robotics", "Data Systems", "Networks")),
    ("Manufacturing", ("Ceramics", "Precision Parts", "Packaging", "Textiles")),
    ("Transport", ("Haulage", "Couriers", "Marine", "Coaches")),
    ("Media", ("Publishing", "Film Services", "Design Studio", "Print Works")),
    ("Agriculture", ("Farms", "Orchards", "Seeds", "Nurseries")),
    ("Property", ("Lettings", "Estates", "Surveyors", "Facilities")),
    ("Education", ("Tutors", "Language School", "Nursery Schools", "Training")),
    ("Charity", ("Trust", "Foundation", "Community Arts", "Housing Aid")),
)

NAME_STEMS = (
    "Ashcombe", "Birchwood", "Calderbrook", "Dunlow", "Elmstead", "Foxley", "Greystone", "Hawthorn", "Ivybridge",
    "Kingsmere", "Larkfield", "Millbrook", "Netherby", "Oakhaven", "Pinecroft", "Quarrydale", "Ravensworth",
    "Saltmarsh",
    "Thistledown", "Underwood", "Valebrook", "Westering", "Yewtree", "Amberley", "Blackthorn", "Coppice", "Driftwood",
    "Eastgate", "Fernhollow", "Goldcrest", "Harbourside", "Inkwell", "Juniper", "Kestrel", "Lantern", "Marigold",
    "Northwold", "Orchard Row", "Peregrine", "Redbrick", "Silverleaf", "Three Rivers", "Upland", "Violet Hill",
    "Windrush",
)  # fmt: skip

# Street names, then towns with the outward half of a post code.
STREETS = (
    "Albion Road", "Bishop's Lane", "Canal Street", "Dock Terrace", "Elm Grove", "Foundry Yard", "Gallowgate",
    "High Street", "Ironmonger Row", "Jubilee Way", "King Street", "Lime Walk", "Market Place", "New Road",
    "Orchard Close", "Priory Street", "Quay Street", "Railway Cuttings", "Station Road", "Temple Row",
)  # fmt: skip
TOWNS = (
    ("London", "EC2A"), ("London", "SE1"), ("London", "N1"), ("London", "W1T"), ("Croydon", "CR0"), ("Reading", "RG1"),
    ("Guildford", "GU1"), ("Brighton", "BN1"), ("Oxford", "OX1"), ("Cambridge", "CB2"), ("Bristol", "BS1"),
    ("St Albans", "AL1"), ("Maidstone", "ME14"), ("Chelmsford", "CM1"), ("Luton", "LU1"), ("Milton Keynes", "MK9"),
)  # fmt: skip

TITLES = (
    "Managing Director", "Finance Director", "Office Manager", "Bookkeeper", "Founder", "Operations Director",
    "Company Secretary", "Head of Finance", "Payroll Officer", "Chief Executive",
)  # fmt: skip

SERVICES = (
    "Bookkeeping", "Payroll", "VAT returns", "Management accounts", "Year-end accounts", "Corporation tax",
    "Outsourced finance team", "Company secretarial",
)  # fmt: skip

TOUCH_SUBJECTS: dict[str, tuple[str, ...]] = {
    "email": (
        "Draft accounts for review", "Missing bank statements", "VAT return ready to approve",
        "Payroll change for this month",
        "Question about dividend timing", "Invoice query", "Deadline reminder: confirmation statement",
        "Thank you for the quick turn-round",
        "Director's loan account", "Cash flow forecast attached",
    ),
    "call": (
        "Catch-up on open points", "Payroll cut-off", "Query on expenses policy", "Tax payment on account",
        "Call back about HMRC letter", "Cash position before quarter end",
    ),
    "meeting": (
        "Quarterly review", "Year-end planning", "Budget workshop", "Onboarding meeting", "Tax planning session",
        "Annual strategy meeting",
    ),
    "note": (
        "Client mentioned a new site", "New finance hire starts next month", "Prefers calls before ten",
        "Considering R&D claim", "Board meets every second Thursday",
    ),
}  # fmt: skip

CASE_SUBJECTS = (
    "Payslip shows wrong tax code", "Cannot open the client portal", "VAT figure differs from our ledger",
    "Late filing notice received", "Bank feed stopped", "Invoice charged twice", "Pension upload rejected",
    "Need copy of last year's accounts", "Wrong director on confirmation statement",
    "Expense claim missing from payroll",
)  # fmt: skip
URGENT_SUBJECTS = (
    "HMRC penalty letter: who replies?", "Payroll not paid today", "Accounts due tomorrow and not filed",
    "Nobody has answered our last three mails", "Wrong amount sent to HMRC",
)  # fmt: skip

CHORE_SUBJECTS = (
    "Send engagement letter", "Chase for records", "Check VAT registration", "Book year-end meeting",
    "Update authorised contacts", "Ask for a testimonial",
)  # fmt: skip

OPENING_SUBJECTS = (
    "Payroll for new site", "Outsourced finance team", "R&D tax claim", "Audit readiness review", "Group restructuring",
    "Move to quarterly management accounts",
)  # fmt: skip
